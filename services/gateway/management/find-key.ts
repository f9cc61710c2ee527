import { databaseUnavailable, keyNotFound } from "../errors";
import { hashKey, KEY_PREFIX } from "../key-token";
import type { KeyStore, VirtualKey } from "../ports/key-store";

/** A key by itself, by its hash or by its id: scripts use the first two. */
export function findKey(keys: KeyStore, reference: string): VirtualKey | undefined {
  return (
    keys.findByHash(reference.startsWith(KEY_PREFIX) ? hashKey(reference) : reference) ??
    keys.findById(reference)
  );
}

/** What a call names a key by. */
export interface KeyReference {
  readonly key?: string | null | undefined;
  readonly key_alias?: string | null | undefined;
}

/** @throws GatewayError 404, or 503 while the keys are not loaded */
export function requireKey(keys: KeyStore, { key, key_alias: alias }: KeyReference): VirtualKey {
  const found = key ? findKey(keys, key) : alias ? keys.findByAlias(alias) : undefined;
  if (found === undefined) throw keys.isReady ? keyNotFound() : databaseUnavailable();
  return found;
}

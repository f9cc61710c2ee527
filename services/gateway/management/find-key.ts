import { hashKey, KEY_PREFIX } from "../key-token";
import type { KeyStore, VirtualKey } from "../ports/key-store";

/** A key by itself or by its hash: scripts use both. */
export function findKey(keys: KeyStore, keyOrHash: string): VirtualKey | undefined {
  return keys.findByHash(keyOrHash.startsWith(KEY_PREFIX) ? hashKey(keyOrHash) : keyOrHash);
}

import { keyTaken } from "../errors";
import { generateKey, hashKey, maskKey } from "../key-token";
import type { MasterKeys } from "../master-keys";
import type { KeyStore, VirtualKey } from "../ports/key-store";
import { type KeySettings, toKeyChanges } from "./key-changes";

/** What the making of a key needs. */
export interface KeyMaker {
  readonly keys: KeyStore;
  readonly masterKeys: MasterKeys;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly createdBy: string;
}

/**
 * Makes a key, with a secret of the caller's choice or a new one.
 * @returns the secret, which nobody can show again, and what is stored
 * @throws GatewayError 400 for the master key; AliasTakenError, KeyTakenError, StoreUnavailableError
 */
export async function makeKey(
  { keys, masterKeys, now, createdBy }: KeyMaker,
  settings: KeySettings,
  chosen?: string | null,
): Promise<{ readonly raw: string; readonly key: VirtualKey }> {
  const raw = chosen ?? generateKey();
  if (masterKeys.includes(raw)) throw keyTaken();
  const given = toKeyChanges(settings, now);
  const key = await keys.create({
    tokenHash: hashKey(raw),
    keyName: maskKey(raw),
    keyAlias: given.keyAlias ?? null,
    userId: given.userId ?? null,
    models: given.models ?? [],
    metadata: given.metadata ?? {},
    expiresAt: given.expiresAt ?? null,
    maxBudgetNanoUsd: given.maxBudgetNanoUsd ?? null,
    budgetDuration: given.budgetDuration ?? null,
    budgetId: given.budgetId ?? null,
    rpmLimit: given.rpmLimit ?? null,
    tpmLimit: given.tpmLimit ?? null,
    maxParallelRequests: given.maxParallelRequests ?? null,
    createdBy,
  });
  return { raw, key };
}

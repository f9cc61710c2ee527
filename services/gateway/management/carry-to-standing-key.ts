import type { KeyStore } from "../ports/key-store";
import type { SpendBaselines } from "../ports/spend-reader";
import { keyStandingFor } from "./keys-of-user";

/** What a call changes of a user's money; what is left out stays. */
export interface UserMoney {
  /** nano-USD; `null`: no limit. */
  readonly maxBudgetNanoUsd?: number | null | undefined;
  /** nano-USD. */
  readonly spentNanoUsd?: number | undefined;
}

/**
 * Carries a change of a user's money to the key that stands for the user, when that key has a budget of its own.
 * @returns the key's id when there is such a key
 * @throws StoreUnavailableError
 */
export async function carryToStandingKey(
  stores: { readonly keys: KeyStore; readonly baselines: SpendBaselines },
  userId: string,
  money: UserMoney,
  changedBy: string,
): Promise<string | undefined> {
  const key = keyStandingFor(stores.keys, userId);
  if (key === undefined || key.maxBudgetNanoUsd === null) return undefined;
  const { maxBudgetNanoUsd, spentNanoUsd } = money;
  if (maxBudgetNanoUsd === undefined && spentNanoUsd === undefined) return undefined;
  if (maxBudgetNanoUsd !== undefined) await stores.keys.update(key.keyId, changedBy, { maxBudgetNanoUsd });
  if (spentNanoUsd !== undefined) await stores.baselines.set("key", key.keyId, spentNanoUsd);
  return key.keyId;
}

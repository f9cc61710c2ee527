import type { KeyStore } from "../ports/key-store";
import type { UserFields, UserStore } from "../ports/user-store";
import { keyStandingFor } from "./keys-of-user";

/**
 * A user's first budget, set without a period, takes over the period of the key that stands for the user: raising
 * "10 a day" must not make it "20 for ever".
 */
export function takeOverPeriod(
  stores: { readonly keys: KeyStore; readonly users: UserStore },
  userId: string,
  fields: UserFields,
): UserFields {
  if (fields.maxBudgetNanoUsd == null || fields.budgetDuration !== undefined) return fields;
  const user = stores.users.findById(userId);
  if (user != null && (user.maxBudgetNanoUsd !== null || user.budgetDuration !== null)) return fields;
  const key = keyStandingFor(stores.keys, userId);
  return key?.budgetDuration == null ? fields : { ...fields, budgetDuration: key.budgetDuration };
}

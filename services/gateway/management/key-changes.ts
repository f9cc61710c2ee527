import type { z } from "zod";
import type { KeyChanges } from "../ports/key-store";
import { addDuration } from "./duration";
import type { generateKeyBody } from "./key-bodies";

/** The fields that bodies about keys share. */
export type KeySettings = Omit<z.output<typeof generateKeyBody>, "key">;

/** Body → changes: what is left out stays, `null` clears. */
export function toKeyChanges(body: KeySettings, now: number): KeyChanges {
  return {
    keyAlias: body.key_alias,
    userId: body.user_id,
    models: body.models === null ? [] : body.models,
    metadata: body.metadata === null ? {} : body.metadata,
    expiresAt: expiryOf(body.duration, now),
    maxBudgetNanoUsd: body.max_budget,
    budgetDuration: body.budget_duration,
    budgetId: body.budget_id,
    rpmLimit: body.rpm_limit,
    tpmLimit: body.tpm_limit,
    maxParallelRequests: body.max_parallel_requests,
  };
}

/** Names of the fields that a body sets, for the audit row; those that say which key is meant are not among them. */
export function fieldsOf(body: object, without: readonly string[] = []): string[] {
  return Object.entries(body)
    .filter(([field, value]) => value !== undefined && !without.includes(field))
    .map(([field]) => field);
}

/** `null`, `-1`: never; `undefined`: nothing said. */
function expiryOf(duration: string | null | undefined, now: number): Date | null | undefined {
  if (duration === undefined) return undefined;
  if (duration === null || duration === "-1") return null;
  return addDuration(new Date(now), duration) ?? null;
}

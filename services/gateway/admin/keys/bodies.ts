import { z } from "zod";
import type { LevelSource } from "../../enforcement/levels";
import { mayNotLoosen, mustHaveBudget } from "../../errors/catalogue";
import { resolveScreening, type Screening, type ScreeningSettings } from "../../guardrails/screening";
import type { Caller } from "../../identity/caller";
import type { KeyChanges, KeyCheck, VirtualKey } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import {
  addDuration,
  duration,
  lifetime,
  limit,
  metadata,
  models,
  name,
  queryFlag,
  queryInteger,
  reference,
  usd,
} from "../fields";

const secret = z
  .string("must be a string")
  .regex(
    /^sk-[\w.-]{13,253}$/,
    "must be sk- followed by 13 to 253 letters, digits, dots, dashes or underscores",
  );

/** A key itself, its hash or its id. */
const keyName = reference(300).min(1, "must not be empty");
const alias = reference(300);
/** One or several. */
const list = (text: string) => z.union([z.array(reference(300)).max(1000), alias], text).nullish();

const settings = {
  key_alias: name(255).nullish(),
  user_id: name(255).nullish(),
  models,
  metadata,
  duration: lifetime,
  max_budget: usd,
  budget_duration: duration,
  budget_id: name(255).nullish(),
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
};

/** `POST /key/generate`. A field that is not here is refused by name, so that no restriction is lost without a word. */
export const generateKeyBody = z.strictObject({ key: secret.nullish(), ...settings });

/** `POST /key/update`. Without `key`, `key_alias` says which key is meant; with it, it is the new alias. */
export const updateKeyBody = z
  .strictObject({
    key: keyName.nullish(),
    ...settings,
    blocked: z.boolean("must be a boolean").optional(),
    spend: usd,
  })
  .refine((body) => body.key || body.key_alias, "must contain key or key_alias");

/** `POST /key/regenerate` and `POST /key/{key}/regenerate`. */
export const regenerateKeyBody = z.strictObject({
  key: keyName.nullish(),
  new_key: secret.nullish(),
  grace_period: duration,
  ...settings,
});

/** `GET` and `POST /key/info`, as query or body. */
export const keyReference = z.strictObject({ key: keyName.optional(), key_alias: alias.optional() });

/** `POST /key/block` and `/key/unblock`. */
export const namedKey = keyReference.refine(
  (body) => body.key || body.key_alias,
  "must contain key or key_alias",
);

/** `POST /key/delete`; `key_alias` counts as `key_aliases`. */
export const deleteKeyBody = z
  .strictObject({
    keys: list("must be an array of keys or their hashes"),
    key_aliases: list("must be an array of aliases"),
    key_alias: list("must be an alias, or a list of aliases"),
  })
  .transform((body) => ({
    keys: [body.keys ?? []].flat(),
    key_aliases: [body.key_aliases ?? [], body.key_alias ?? []].flat(2),
  }))
  .refine((body) => body.keys.length + body.key_aliases.length > 0, "must contain keys or key_aliases");

/** `POST /v2/key/info`. */
export const keysInfoBody = z.strictObject({
  keys: z
    .array(keyName, "must be an array of keys, their hashes or their ids")
    .min(1, "must not be empty")
    .max(100, "must have at most 100 keys"),
});

/** `GET /key/aliases`. */
export const keyAliasesQuery = z.strictObject({
  page: queryInteger(1, 1_000_000, 1),
  size: queryInteger(1, 1000, 100),
  search: reference(300).optional(),
});

/** `GET /key/list`. */
export const keyListQuery = z.strictObject({
  page: queryInteger(1, 1_000_000, 1),
  size: queryInteger(1, 100, 10),
  user_id: reference(300).optional(),
  key_hash: reference(300).optional(),
  key_alias: reference(300).optional(),
  blocked: queryFlag.optional(),
  return_full_object: queryFlag.optional(),
  sort_by: z
    .enum(
      ["created_at", "updated_at", "key_alias", "user_id"],
      "must be created_at, updated_at, key_alias or user_id",
    )
    .default("created_at"),
  sort_order: z.enum(["asc", "desc"], "must be asc or desc").default("desc"),
});

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

/** Of a key. */
type Metadata = Readonly<Record<string, unknown>>;

/** What metadata of a key mean in the configuration in force. */
export interface KeyRules {
  readonly levels: Pick<LevelSource, "levelOf">;
  /** Of keys that say nothing themselves. */
  readonly screening: () => ScreeningSettings;
}

/**
 * Rules are tightened by whoever manages keys, and loosened by an administrator only. What counts is what follows: the level,
 * so that another scope or no level at all is judged like a lower one, and what is done with what is found in requests.
 * @param after metadata that the key gets; `undefined`: they stay
 * @returns for the key as it stands when it is changed; throws GatewayError 403. `undefined`: the caller may change everything
 */
export function forbidLoosening(
  rules: KeyRules,
  caller: Caller,
  after: Metadata | undefined,
): KeyCheck | undefined {
  if (after === undefined || isAdmin(caller)) return undefined;
  return ({ metadata: before }) => {
    const isLowered = strictnessOf(rules.levels, after) < strictnessOf(rules.levels, before);
    if (isLowered || isScreenedLess(rules.screening(), before, after)) throw mayNotLoosen();
  };
}

/**
 * The role provisioner belongs to a service that workspaces can reach: whoever takes it over must not have keys that spend without end.
 * @param budgets those that a key may refer to
 * @param changes what a key is made with, or gets
 * @param isNewSecret whether whoever changes it can use it from then on, so that one that somebody else made without a budget needs one too
 * @returns for the key as it stands when it is changed, and for a new one with `undefined`; throws GatewayError 403. `undefined`: the caller may
 */
export function requireBudgetOfKey(
  budgets: Pick<NamedBudgetStore, "findById">,
  caller: Caller,
  changes: Pick<KeyChanges, "maxBudgetNanoUsd" | "budgetId">,
  isNewSecret = false,
): ((current: Pick<VirtualKey, "maxBudgetNanoUsd" | "budgetId"> | undefined) => void) | undefined {
  if (caller.kind !== "token" || caller.token.role !== "provisioner") return undefined;
  const hasBudget = (amount: number | null, budgetId: string | null) =>
    amount !== null || (budgets.findById(budgetId ?? "")?.maxBudgetNanoUsd ?? null) !== null;
  return (current) => {
    const { maxBudgetNanoUsd: amount = null, budgetId = null } = current ?? {};
    const { maxBudgetNanoUsd: nextAmount = amount, budgetId: nextId = budgetId } = changes;
    const mayLack = !isNewSecret && current !== undefined && !hasBudget(amount, budgetId);
    if (!mayLack && !hasBudget(nextAmount, nextId)) throw mustHaveBudget();
  };
}

function isAdmin(caller: Caller): boolean {
  return caller.kind === "master" || (caller.kind === "token" && caller.token.role === "admin");
}

/** Nothing is sent at a level that is not known, so none is stricter. */
function strictnessOf(levels: Pick<LevelSource, "levelOf">, metadata: Metadata): number {
  try {
    return levels.levelOf(metadata).strictness;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Whether something was refused or masked that no longer would be, or is only masked where it was refused. */
function isScreenedLess(settings: ScreeningSettings, before: Metadata, after: Metadata): boolean {
  const [former, next] = [before, after].map((metadata) => screeningOf(settings, metadata));
  if (next === "closed" || former === undefined) return false;
  if (former === "closed" || next === undefined) return true;
  return (
    (former.action === "block" && next.action === "mask") ||
    former.patterns.some((pattern) => !next.patterns.includes(pattern))
  );
}

/** `closed`: nothing is sent for a key whose settings are not known. */
function screeningOf(settings: ScreeningSettings, metadata: Metadata): Screening | "closed" | undefined {
  try {
    return resolveScreening(settings, metadata);
  } catch {
    return "closed";
  }
}

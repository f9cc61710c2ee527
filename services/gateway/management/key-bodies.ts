import { z } from "zod";
import {
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
} from "./fields";

const secret = z
  .string("must be text")
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
    blocked: z.boolean("must be true or false").optional(),
    spend: usd,
  })
  .refine((body) => body.key || body.key_alias, "must hold key or key_alias");

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
  "must hold key or key_alias",
);

/** `POST /key/delete`; `key_alias` counts as `key_aliases`. */
export const deleteKeyBody = z
  .strictObject({
    keys: list("must be a list of keys or their hashes"),
    key_aliases: list("must be a list of aliases"),
    key_alias: list("must be an alias, or a list of aliases"),
  })
  .transform((body) => ({
    keys: [body.keys ?? []].flat(),
    key_aliases: [body.key_aliases ?? [], body.key_alias ?? []].flat(2),
  }))
  .refine((body) => body.keys.length + body.key_aliases.length > 0, "must hold keys or key_aliases");

/** `POST /v2/key/info`. */
export const keysInfoBody = z.strictObject({
  keys: z
    .array(keyName, "must be a list of keys, their hashes or their ids")
    .min(1, "must not be empty")
    .max(100, "must be at most 100 keys"),
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

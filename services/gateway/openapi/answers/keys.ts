import { z } from "zod";
import {
  count,
  hash,
  limits,
  made,
  metadata,
  momentOrNull,
  text,
  textOrNull,
  totalPages,
  usd,
} from "./values";

const fields = {
  key_id: z.uuid(),
  key_name: text,
  key_alias: textOrNull,
  user_id: textOrNull,
  models: z.array(text),
  metadata,
  spend: usd,
  expires: momentOrNull,
  blocked: z.boolean(),
  budget_id: textOrNull,
  ...limits,
  ...made,
};

/** A key with its hash. */
export const keyWithToken = z.strictObject({ token: hash, ...fields });

/** What a new secret comes with. */
export const newKeyFields = { key: text, token: hash, token_id: hash, ...fields };

const newKey = z.strictObject(newKeyFields);
const keyInfo = z.strictObject({ key: text, info: z.strictObject(fields) });

/** Answers of `/key/*`. */
export const KEY_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "POST /key/generate": newKey,
  "POST /key/update": z.strictObject({ key: text, ...fields }),
  "POST /key/block": keyWithToken,
  "POST /key/unblock": keyWithToken,
  "POST /key/regenerate": newKey,
  "POST /key/:key/regenerate": newKey,
  "POST /key/delete": z.strictObject({ deleted_keys: z.array(text) }),
  "GET /key/info": keyInfo,
  "POST /key/info": keyInfo,
  "POST /v2/key/info": z.strictObject({ key: z.array(hash), info: z.array(keyWithToken) }),
  "GET /key/list": z.strictObject({
    keys: z.array(z.union([hash, keyWithToken])),
    total_count: count,
    current_page: count,
    ...totalPages,
  }),
  "GET /key/aliases": z.strictObject({
    aliases: z.array(text),
    total_count: count,
    current_page: count,
    ...totalPages,
    size: count,
  }),
};

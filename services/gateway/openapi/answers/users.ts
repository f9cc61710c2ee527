import { z } from "zod";
import { keyWithToken, newKeyFields } from "./keys";
import { count, limits, made, metadata, text, textOrNull, totalPages, usd, usdOrNull } from "./values";

const fields = {
  user_id: text,
  user_email: textOrNull,
  user_alias: textOrNull,
  user_role: textOrNull,
  models: z.array(text),
  metadata,
  spend: usd,
  budget_id: textOrNull,
  ...limits,
  ...made,
};
const user = z.strictObject(fields);

/** A user that only keys name: nobody made it. */
const namedUser = z.strictObject({
  ...fields,
  created_at: z.null(),
  updated_at: z.null(),
  created_by: z.null(),
  updated_by: z.null(),
});

const updatedKeys = z.array(z.uuid()).describe("Ids of keys that the change was carried to");

const budget = z.strictObject({ budget_id: text, soft_budget: usdOrNull, ...limits, ...made });

/** Answers of `/user/*` and `/budget/*`. */
export const USER_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  "POST /user/new": z.union([
    z.strictObject({ ...newKeyFields, ...fields }),
    z.strictObject({ ...fields, key: z.null() }),
  ]),
  "POST /user/update": z.strictObject({ user_id: text, data: user, updated_keys: updatedKeys }),
  "POST /user/delete": z.strictObject({ deleted_users: z.array(text), deleted_keys: count }),
  "GET /user/info": z.strictObject({
    user_id: textOrNull,
    user_info: z.union([user, namedUser]).nullable(),
    keys: z.array(keyWithToken),
    teams: z.array(z.never()),
  }),
  "GET /user/list": z.strictObject({
    users: z.array(user),
    total: count,
    page: count,
    page_size: count,
    ...totalPages,
  }),
  "POST /budget/new": budget,
  "POST /budget/update": z.union([budget, z.strictObject({ ...fields, updated_keys: updatedKeys })]),
  "POST /budget/delete": z.strictObject({ deleted_budget: text }),
  "POST /budget/info": z.array(budget),
  "GET /budget/list": z.array(budget),
};

import { z } from "zod";
import type { UserFields } from "../../store/user-store";
import { duration, lifetime, limit, metadata, models, name, queryInteger, reference, usd } from "../fields";

const email = z
  .string("must be an e-mail address")
  .max(320, "must be at most 320 characters")
  .regex(/^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u, "must be an e-mail address")
  .nullish();

const settings = {
  user_email: email,
  user_alias: name(255).nullish(),
  user_role: z
    .enum(
      ["proxy_admin", "proxy_admin_viewer", "internal_user", "internal_user_viewer"],
      "must be proxy_admin, proxy_admin_viewer, internal_user or internal_user_viewer",
    )
    .nullish(),
  models,
  metadata,
  max_budget: usd,
  budget_duration: duration,
  budget_id: name(255).nullish(),
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
};

/** `POST /user/new`. `key_alias` and `duration` are for the key that is made along. */
export const newUserBody = z.strictObject({
  user_id: name(255).nullish(),
  ...settings,
  auto_create_key: z.boolean("must be true or false").default(true),
  key_alias: name(255).nullish(),
  duration: lifetime,
});

/** `POST /user/update`. */
export const updateUserBody = z
  .strictObject({ user_id: name(255).nullish(), ...settings, spend: usd })
  .refine((body) => body.user_id || body.user_email, "must contain user_id or user_email");

/** `POST /user/delete`. */
export const deleteUserBody = z.strictObject({
  user_ids: z
    .array(name(255), "must be a list of user ids")
    .min(1, "must not be empty")
    .max(1000, "must have at most 1000 users"),
});

/** `GET /user/info`. */
export const userInfoQuery = z.strictObject({ user_id: reference(300).optional() });

/** `GET /user/list`. */
export const userListQuery = z.strictObject({
  page: queryInteger(1, 1_000_000, 1),
  page_size: queryInteger(1, 100, 25),
  role: reference(100).optional(),
  user_ids: reference(10_000).optional(),
  user_email: reference(320).optional(),
});

/** Body → what is stored: what is left out stays, `null` clears. */
export function toUserFields(body: Omit<z.output<typeof updateUserBody>, "user_id" | "spend">): UserFields {
  return {
    userEmail: body.user_email,
    userAlias: body.user_alias,
    userRole: body.user_role,
    models: body.models === null ? [] : body.models,
    metadata: body.metadata === null ? {} : body.metadata,
    maxBudgetNanoUsd: body.max_budget,
    budgetDuration: body.budget_duration,
    budgetId: body.budget_id,
    rpmLimit: body.rpm_limit,
    tpmLimit: body.tpm_limit,
    maxParallelRequests: body.max_parallel_requests,
  };
}

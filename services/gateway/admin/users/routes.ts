import { randomUUID } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import type { Clock } from "../../../shared/clock";
import { aliasTaken, databaseUnavailable, notYourUser, userNotFound } from "../../errors/catalogue";
import { callerOf } from "../../identity/caller";
import type { MasterKeys } from "../../identity/keys";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import type { UserFields, UserStore } from "../../store/user-store";
import { duration, lifetime, limit, metadata, models, name, reference, usd } from "../fields";
import { fieldsOf } from "../keys/bodies";
import { describeKeyWithToken, describeNewKey, makeKey } from "../keys/keys";
import { actorOf, CHANGE } from "../route";
import {
  describeNamedUser,
  describeUser,
  inheritKeyBudgetPeriod,
  keysOfUser,
  listUsers,
  requireBudget,
  syncPrimaryKeyBudget,
  userListQuery,
} from "./users";

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
const newUserBody = z.strictObject({
  user_id: name(255).nullish(),
  ...settings,
  auto_create_key: z.boolean("must be a boolean").default(true),
  key_alias: name(255).nullish(),
  duration: lifetime,
});

/** `POST /user/update`. */
const updateUserBody = z
  .strictObject({ user_id: name(255).nullish(), ...settings, spend: usd })
  .refine((body) => body.user_id || body.user_email, "must contain user_id or user_email");

/** `POST /user/delete`. */
const deleteUserBody = z.strictObject({
  user_ids: z
    .array(name(255), "must be an array of user ids")
    .min(1, "must not be empty")
    .max(1000, "must have at most 1000 users"),
});

/** `GET /user/info`. */
const userInfoQuery = z.strictObject({ user_id: reference(300).optional() });

/** Body → what is stored: what is left out stays, `null` clears. */
function toUserFields(body: Omit<z.output<typeof updateUserBody>, "user_id" | "spend">): UserFields {
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

/** What the routes need. */
export interface UsersOptions {
  readonly users: UserStore;
  readonly keys: KeyStore;
  readonly budgets: NamedBudgetStore;
  readonly spend: SpendReader;
  readonly baselines: SpendBaselines;
  readonly clock: Clock;
  readonly masterKeys: MasterKeys;
}

type NewBody = z.output<typeof newUserBody>;
type UpdateBody = z.output<typeof updateUserBody>;
type DeleteBody = z.output<typeof deleteUserBody>;
type InfoQuery = z.output<typeof userInfoQuery>;
type ListQuery = z.output<typeof userListQuery>;

/** Keys that one answer shows of a user at most. */
const MAX_KEYS = 1000;

/** Users: what keys belong to, and what their budget is together. */
export const userRoutes: FastifyPluginAsync<UsersOptions> = async (app, options) => {
  const { users, keys, budgets, spend, baselines, clock, masterKeys } = options;
  const spentBy = async (userId: string) => (await spend.byUsers([userId])).get(userId) ?? 0;

  app.post<{ Body: NewBody }>("/user/new", { ...CHANGE, schema: { body: newUserBody } }, async (request) => {
    const { user_id: given, auto_create_key: makesKey, key_alias: alias, duration, ...fields } = request.body;
    requireBudget(budgets, fields.budget_id);
    // Asked before the user is made: a key that cannot be made must not leave half of what was asked for.
    if (makesKey && alias && keys.findByAlias(alias) !== undefined) throw aliasTaken(alias);
    const userId = given ?? randomUUID();
    const createdBy = actorOf(request);
    request.audit?.recordChange(`user ${userId}`, fieldsOf(fields));
    const user = await users.create(userId, createdBy, toUserFields(fields));
    const described = describeUser(user, await spentBy(userId));
    if (!makesKey) return { ...described, key: null };
    const maker = { keys, masterKeys, now: clock.now(), createdBy };
    const settings = { key_alias: alias, user_id: userId, models: [...user.models], duration };
    const { raw, key } = await makeKey(maker, settings).catch(async (error: unknown) => {
      // The alias was taken meanwhile.
      await users.delete([userId]);
      throw error;
    });
    request.audit?.recordChange(`user ${userId}, key ${key.keyId}`, fieldsOf(fields));
    return { ...describeNewKey(raw, key, 0), ...described, metadata: user.metadata };
  });

  app.post<{ Body: UpdateBody }>(
    "/user/update",
    { ...CHANGE, schema: { body: updateUserBody } },
    async (request) => {
      const { user_id: given, spend: spent, ...fields } = request.body;
      const userId = given ?? users.findByEmail(fields.user_email ?? "")?.userId;
      if (userId === undefined) throw users.isReady ? userNotFound() : databaseUnavailable();
      requireBudget(budgets, fields.budget_id);
      const changedBy = actorOf(request);
      request.audit?.recordChange(`user ${userId}`, fieldsOf(request.body, ["user_id"]));
      const settings = inheritKeyBudgetPeriod({ keys, users }, userId, toUserFields(fields));
      const user = await users.upsert(userId, changedBy, settings);
      const spentNanoUsd = spent === undefined ? undefined : (spent ?? 0);
      if (spentNanoUsd !== undefined) await baselines.set("user", userId, spentNanoUsd);
      const money = { maxBudgetNanoUsd: fields.max_budget, spentNanoUsd };
      const keyId = await syncPrimaryKeyBudget({ keys, baselines }, userId, money, changedBy);
      return {
        user_id: userId,
        data: describeUser(user, await spentBy(userId)),
        updated_keys: keyId === undefined ? [] : [keyId],
      };
    },
  );

  app.post<{ Body: DeleteBody }>(
    "/user/delete",
    { ...CHANGE, schema: { body: deleteUserBody } },
    async ({ body, audit }) => {
      if (!users.isReady || !keys.isReady) throw databaseUnavailable();
      if (body.user_ids.some((id) => users.findById(id) === undefined)) throw userNotFound();
      const owned = body.user_ids.flatMap((id) => keysOfUser(keys, id));
      const targets = [...body.user_ids.map((id) => `user ${id}`), ...owned.map((key) => `key ${key.keyId}`)];
      audit?.recordChange(targets.join(", "));
      // Keys first: when the second step fails, nobody is left with a key of a user that is gone.
      const deletedKeys = await keys.delete(owned.map((key) => key.keyId));
      const deletedUsers = await users.delete(body.user_ids);
      // What is in memory may be gone from the database already.
      if (deletedUsers.length === 0 && deletedKeys.length === 0) throw userNotFound();
      return { deleted_users: deletedUsers.map((user) => user.userId), deleted_keys: deletedKeys.length };
    },
  );

  app.get<{ Querystring: InfoQuery }>(
    "/user/info",
    { schema: { querystring: userInfoQuery } },
    async (request) => {
      const caller = callerOf(request);
      const own = caller.kind === "key" ? caller.key.userId : null;
      const userId = request.query.user_id ?? own;
      if (caller.kind === "key" && (userId === null || userId !== own)) throw notYourUser();
      if (userId === null) return { user_id: null, user_info: null, keys: [], teams: [] };
      const user = users.findById(userId);
      const owned = keysOfUser(keys, userId);
      if (user === undefined && owned.length === 0) {
        throw users.isReady && keys.isReady ? userNotFound() : databaseUnavailable();
      }
      const shown = owned.slice(0, MAX_KEYS);
      const [spent, byKey] = await Promise.all([
        spentBy(userId),
        spend.byKeys(shown.map((key) => key.keyId)),
      ]);
      return {
        user_id: userId,
        user_info: user === undefined ? describeNamedUser(userId, spent) : describeUser(user, spent),
        keys: shown.map((key) => describeKeyWithToken(key, byKey.get(key.keyId) ?? 0)),
        teams: [],
      };
    },
  );

  app.get<{ Querystring: ListQuery }>(
    "/user/list",
    { schema: { querystring: userListQuery } },
    async ({ query }) => {
      if (!users.isReady) throw databaseUnavailable();
      const { page, total } = await listUsers(users.all(), query);
      const spent = await spend.byUsers(page.map((user) => user.userId));
      return {
        users: page.map((user) => describeUser(user, spent.get(user.userId) ?? 0)),
        total,
        page: query.page,
        page_size: query.page_size,
        total_pages: Math.ceil(total / query.page_size),
      };
    },
  );
};

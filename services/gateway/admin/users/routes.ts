import { randomUUID } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import type { Clock } from "../../../shared/clock";
import { aliasTaken, databaseUnavailable, notYourUser, userNotFound } from "../../errors/catalogue";
import { callerOf } from "../../identity/caller";
import type { MasterKeys } from "../../identity/keys";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import type { UserStore } from "../../store/user-store";
import { fieldsOf } from "../keys/bodies";
import { describeKeyWithToken, describeNewKey, makeKey } from "../keys/keys";
import { actorOf, CHANGE } from "../route";
import {
  deleteUserBody,
  newUserBody,
  toUserFields,
  updateUserBody,
  userInfoQuery,
  userListQuery,
} from "./bodies";
import {
  describeNamedUser,
  describeUser,
  inheritKeyBudgetPeriod,
  keysOfUser,
  listUsers,
  requireBudget,
  syncPrimaryKeyBudget,
} from "./users";

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

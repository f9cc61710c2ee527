import { randomUUID } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import { budgetNotFound, databaseUnavailable, invalidRequest } from "../../errors/catalogue";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import type { UserStore } from "../../store/user-store";
import { fieldsOf } from "../keys/bodies";
import { actorOf, CHANGE, READ } from "../route";
import { carryToStandingKey, describeUser, takeOverPeriod } from "../users/users";
import {
  budgetInfoBody,
  deleteBudgetBody,
  describeBudget,
  newBudgetBody,
  toBudgetFields,
  updateBudgetBody,
} from "./bodies";

/** What the routes need. */
export interface BudgetsOptions {
  readonly budgets: NamedBudgetStore;
  readonly users: UserStore;
  readonly keys: KeyStore;
  readonly spend: SpendReader;
  readonly baselines: SpendBaselines;
}

type NewBody = z.output<typeof newBudgetBody>;
type UpdateBody = z.output<typeof updateBudgetBody>;
type InfoBody = z.output<typeof budgetInfoBody>;
type DeleteBody = z.output<typeof deleteBudgetBody>;

/** Limits under a name. */
export const budgetRoutes: FastifyPluginAsync<BudgetsOptions> = async (app, options) => {
  const { budgets, users, keys, spend, baselines } = options;

  app.post<{ Body: NewBody }>(
    "/budget/new",
    { ...CHANGE, schema: { body: newBudgetBody } },
    async (request) => {
      const { budget_id: given, ...fields } = request.body;
      const budgetId = given ?? randomUUID();
      request.audit?.recordChange(`budget ${budgetId}`, fieldsOf(fields));
      return describeBudget(await budgets.create(budgetId, actorOf(request), toBudgetFields(fields)));
    },
  );

  app.post<{ Body: UpdateBody }>(
    "/budget/update",
    { ...CHANGE, schema: { body: updateBudgetBody } },
    async (request) => {
      const { budget_id: budgetId, user_id: userId, ...fields } = request.body;
      const changedBy = actorOf(request);
      if (userId) {
        // A user has no warning level; saying nothing about it would look like success.
        if (fields.soft_budget !== undefined)
          throw invalidRequest("soft_budget: not supported for users", "soft_budget");
        request.audit?.recordChange(`user ${userId}`, fieldsOf(fields));
        const { softBudgetNanoUsd: _none, ...limits } = toBudgetFields(fields);
        const user = await users.upsert(userId, changedBy, takeOverPeriod({ keys, users }, userId, limits));
        const money = { maxBudgetNanoUsd: fields.max_budget };
        const keyId = await carryToStandingKey({ keys, baselines }, userId, money, changedBy);
        const spent = (await spend.byUsers([userId])).get(userId) ?? 0;
        return { ...describeUser(user, spent), updated_keys: keyId === undefined ? [] : [keyId] };
      }
      request.audit?.recordChange(`budget ${budgetId}`, fieldsOf(fields));
      const budget = await budgets.update(budgetId ?? "", changedBy, toBudgetFields(fields));
      if (budget === undefined) throw budgetNotFound();
      return describeBudget(budget);
    },
  );

  app.post<{ Body: InfoBody }>(
    "/budget/info",
    { ...READ, schema: { body: budgetInfoBody } },
    async ({ body }) => {
      if (!budgets.isReady) throw databaseUnavailable();
      return body.budgets.flatMap((id) => {
        const budget = budgets.findById(id);
        return budget === undefined ? [] : [describeBudget(budget)];
      });
    },
  );

  app.get("/budget/list", async () => {
    if (!budgets.isReady) throw databaseUnavailable();
    return [...budgets.all()].sort((a, b) => (a.budgetId < b.budgetId ? -1 : 1)).map(describeBudget);
  });

  app.post<{ Body: DeleteBody }>(
    "/budget/delete",
    { ...CHANGE, schema: { body: deleteBudgetBody } },
    async ({ body, audit }) => {
      audit?.recordChange(`budget ${body.id}`);
      const inUse = [...keys.all(), ...users.all()].some((owner) => owner.budgetId === body.id);
      // Deleting it would lift a limit without anybody saying so.
      if (inUse) throw invalidRequest("the budget is in use by keys or users", "id");
      if (!(await budgets.delete(body.id))) throw budgetNotFound();
      return { deleted_budget: body.id };
    },
  );
};

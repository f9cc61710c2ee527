import { randomUUID } from "node:crypto";
import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import { budgetNotFound, databaseUnavailable, invalidRequest } from "../../errors/catalogue";
import type { KeyStore } from "../../store/key-store";
import type { NamedBudget, NamedBudgetFields, NamedBudgetStore } from "../../store/named-budget-store";
import type { SpendBaselines, SpendReader } from "../../store/spend-reader";
import type { UserStore } from "../../store/user-store";
import { duration, limit, name, usd } from "../fields";
import { fieldsOf } from "../keys/bodies";
import { actorOf, CHANGE, READ } from "../route";
import { describeUser, inheritKeyBudgetPeriod, syncPrimaryKeyBudget } from "../users/users";

const settings = {
  max_budget: usd,
  soft_budget: usd,
  budget_duration: duration,
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
};

/** `POST /budget/new`. */
const newBudgetBody = z.strictObject({ budget_id: name(255).nullish(), ...settings });

/** `POST /budget/update`, of a budget or of a user. */
const updateBudgetBody = z
  .strictObject({ budget_id: name(255).nullish(), user_id: name(255).nullish(), ...settings })
  .refine(
    (body) => Boolean(body.budget_id) !== Boolean(body.user_id),
    "must contain either budget_id or user_id",
  );

/** `POST /budget/info`. */
const budgetInfoBody = z.strictObject({
  budgets: z.array(name(255), "must be an array of budget ids").max(100, "must have at most 100 budgets"),
});

/** `POST /budget/delete`. */
const deleteBudgetBody = z.strictObject({ id: name(255) });

/** Body → what is stored: what is left out stays, `null` clears. */
function toBudgetFields(
  body: Omit<z.output<typeof updateBudgetBody>, "budget_id" | "user_id">,
): NamedBudgetFields {
  return {
    maxBudgetNanoUsd: body.max_budget,
    softBudgetNanoUsd: body.soft_budget,
    budgetDuration: body.budget_duration,
    rpmLimit: body.rpm_limit,
    tpmLimit: body.tpm_limit,
    maxParallelRequests: body.max_parallel_requests,
  };
}

/** A budget as management answers show it. */
function describeBudget(budget: NamedBudget) {
  const usdOf = (nanoUsd: number | null) => (nanoUsd === null ? null : nanoUsdToUsd(nanoUsd));
  return {
    budget_id: budget.budgetId,
    max_budget: usdOf(budget.maxBudgetNanoUsd),
    soft_budget: usdOf(budget.softBudgetNanoUsd),
    budget_duration: budget.budgetDuration,
    rpm_limit: budget.rpmLimit,
    tpm_limit: budget.tpmLimit,
    max_parallel_requests: budget.maxParallelRequests,
    created_at: budget.createdAt.toISOString(),
    updated_at: budget.updatedAt.toISOString(),
    created_by: budget.createdBy,
    updated_by: budget.updatedBy,
  };
}

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
        const user = await users.upsert(
          userId,
          changedBy,
          inheritKeyBudgetPeriod({ keys, users }, userId, limits),
        );
        const money = { maxBudgetNanoUsd: fields.max_budget };
        const keyId = await syncPrimaryKeyBudget({ keys, baselines }, userId, money, changedBy);
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
      if ((await budgets.delete([body.id])).length === 0) throw budgetNotFound();
      return { deleted_budget: body.id };
    },
  );
};

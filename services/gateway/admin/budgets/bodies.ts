import { z } from "zod";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import type { NamedBudget, NamedBudgetFields } from "../../store/named-budget-store";
import { duration, limit, name, usd } from "../fields";

const settings = {
  max_budget: usd,
  soft_budget: usd,
  budget_duration: duration,
  rpm_limit: limit,
  tpm_limit: limit,
  max_parallel_requests: limit,
};

/** `POST /budget/new`. */
export const newBudgetBody = z.strictObject({ budget_id: name(255).nullish(), ...settings });

/** `POST /budget/update`, of a budget or of a user. */
export const updateBudgetBody = z
  .strictObject({ budget_id: name(255).nullish(), user_id: name(255).nullish(), ...settings })
  .refine(
    (body) => Boolean(body.budget_id) !== Boolean(body.user_id),
    "must contain either budget_id or user_id",
  );

/** `POST /budget/info`. */
export const budgetInfoBody = z.strictObject({
  budgets: z.array(name(255), "must be a list of budget ids").max(100, "must have at most 100 budgets"),
});

/** `POST /budget/delete`. */
export const deleteBudgetBody = z.strictObject({ id: name(255) });

/** Body → what is stored: what is left out stays, `null` clears. */
export function toBudgetFields(
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
export function describeBudget(budget: NamedBudget) {
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

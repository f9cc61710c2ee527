import type { NamedBudgetStore } from "../ports/named-budget-store";
import { budgetNotFound } from "./errors";

/** @throws GatewayError 404 when a budget is named that does not exist */
export function requireBudget(budgets: NamedBudgetStore, budgetId: string | null | undefined): void {
  if (budgetId && budgets.findById(budgetId) === undefined) throw budgetNotFound();
}

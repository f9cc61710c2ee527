import type { Allowance } from "../../identity/allowances";
import type { AppliedBudget } from "./lease-epoch";

/** Whose budget it is, as errors name it. */
type BudgetScope = "key" | "user" | "end_user";

/** A budget that a request is charged to. */
export interface BudgetAccount extends AppliedBudget {
  readonly scope: BudgetScope;
  readonly endsAt: Date | null;
}

/** What decides which budgets a request has. */
interface BudgetSubject {
  /** Of the key and its user; empty for the master key, which has no budget. */
  readonly allowances: readonly Allowance[];
  readonly endUser: string | null;
  /** `litellm_settings.max_end_user_budget`, in nano-USD. `undefined`: none. */
  readonly maxEndUserBudgetNano: number | undefined;
}

/** The budgets of a request, in the fixed order key, user, end user. */
export function budgetsOf(subject: BudgetSubject, nowMs: number): BudgetAccount[] {
  const { allowances, endUser, maxEndUserBudgetNano } = subject;
  const budgets: BudgetAccount[] = [];
  for (const allowance of allowances) {
    const budget = budgetOf(allowance, nowMs);
    if (budget !== undefined) budgets.push(budget);
  }
  if (endUser !== null && maxEndUserBudgetNano !== undefined)
    budgets.push(toAccount("end_user", endUser, maxEndUserBudgetNano, periodAt(null, nowMs)));
  return budgets;
}

/** The budget of a key or user in its current period. @returns `undefined` when there is none */
export function budgetOf(allowance: Allowance, nowMs: number): BudgetAccount | undefined {
  const { scope, id, maxBudgetNanoUsd, budgetDuration } = allowance;
  if (maxBudgetNanoUsd === null) return undefined;
  return toAccount(scope, id, maxBudgetNanoUsd, periodAt(budgetDuration, nowMs));
}

/**
 * Places for requests at the same time, kept like a budget of which nothing is ever spent: so they are shared between
 * gateways, and those of a dead one come back.
 */
export function budgetForParallel(id: string, limit: number, scope: "key" | "user" = "key"): AppliedBudget {
  return { account: `parallel:${scope}:${id}`, period: "all", limitNano: limit, since: null };
}

function toAccount(scope: BudgetScope, id: string, limitNano: number, period: BudgetPeriod): BudgetAccount {
  return {
    scope,
    account: `${scope}:${id}`,
    limitNano,
    period: period.id,
    since: period.startsAt,
    endsAt: period.endsAt,
  };
}

/** The period of a budget. */
interface BudgetPeriod {
  /** The same for the same stretch, whatever its duration is called: part of the key of the ledger's rows. */
  readonly id: string;
  /** `null`: from the beginning. */
  readonly startsAt: Date | null;
  /** When the budget is full again. `null`: never. */
  readonly endsAt: Date | null;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday; weeks begin on a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND_MS, m: 60_000, h: 3_600_000, d: DAY_MS };

const FOREVER: BudgetPeriod = { id: "all", startsAt: null, endsAt: null };

/**
 * The period of a budget at a moment, in UTC: `1d` from midnight, `7d` and `1w` from Monday, `30d` and `1mo` from
 * the first of the month, other durations in equal steps since 1970 (weeks since a Monday, months since a
 * January). It depends on nothing but its arguments, so a reset needs no job and is never late.
 * Source: LiteLLM's reset times.
 * @param duration such as `30d`; `null` or no duration: one period for ever
 */
export function periodAt(duration: string | null, nowMs: number): BudgetPeriod {
  const match = /^(\d{1,9})(s|m|h|d|w|mo)$/.exec(duration ?? "");
  const count = Number(match?.[1] ?? 0);
  if (match === null || count === 0) return FOREVER;
  const unit = match[2] ?? "";
  if (unit === "mo") return months(count, nowMs);
  if (unit === "d" && count === 30) return months(1, nowMs);
  if (unit === "w") return steps(count * WEEK_MS, FIRST_MONDAY_MS, nowMs);
  if (unit === "d" && count % 7 === 0) return steps(count * DAY_MS, FIRST_MONDAY_MS, nowMs);
  return steps(count * (UNIT_MS[unit] ?? DAY_MS), 0, nowMs);
}

function steps(lengthMs: number, originMs: number, nowMs: number): BudgetPeriod {
  const startMs = originMs + Math.floor((nowMs - originMs) / lengthMs) * lengthMs;
  return between(new Date(startMs), new Date(startMs + lengthMs));
}

function months(count: number, nowMs: number): BudgetPeriod {
  const now = new Date(nowMs);
  const month = now.getUTCFullYear() * 12 + now.getUTCMonth();
  const first = month - (month % count);
  return between(firstOf(first), firstOf(first + count));
}

function firstOf(month: number): Date {
  return new Date(Date.UTC(Math.floor(month / 12), month % 12, 1));
}

function between(startsAt: Date, endsAt: Date): BudgetPeriod {
  return { id: `${startsAt.toISOString()}/${endsAt.toISOString()}`, startsAt, endsAt };
}

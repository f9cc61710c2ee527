import type { StoreUnavailableError } from "./key-store";

/** One budget in one of its periods. */
export interface BudgetId {
  /** Whose money: `key:<key id>`, `user:<user id>` or `end_user:<id>`. */
  readonly account: string;
  /** Which period, see `ledger/period.ts`. */
  readonly period: string;
}

/** Room that a gateway asks for, beyond what it holds. All amounts in nano-USD. */
export interface LeaseRequest extends BudgetId {
  readonly limitNano: number;
  /** Enough for the request as it was asked for. */
  readonly fullNano: number;
  /** Enough for an answer of the preferred length. May be negative: then what is held is enough. */
  readonly preferredNano: number;
  /** Enough for the least answer; given only when the budget is near its end. May be negative. */
  readonly leastNano: number;
  /** An answer of the preferred length, what is held included: when less than this is unspent, the budget is near its end. */
  readonly endNano: number;
  /** Taken when there is plenty, so that the next requests need not ask. */
  readonly wantNano: number;
  /** Start of the period; what a new budget counts as spent begins here. `null`: everything. */
  readonly since: Date | null;
}

/** A budget that nobody has used yet. */
export type NewBudget = Pick<LeaseRequest, "account" | "period" | "since">;

/** What came of a `LeaseRequest`, in nano-USD. */
export interface Lease {
  /** 0: nothing was given. */
  readonly grantedNano: number;
  readonly spentNano: number;
  /** Held by all gateways, this grant included. */
  readonly leasedNano: number;
  /** Of that, what other owners hold. */
  readonly othersNano: number;
}

/**
 * `missing`: the budget has never been used, see `create`. `locked`: somebody else works on it and has not let it go soon enough; its lease is
 * what it was. An error: this one could not be asked, and its lease is what it was.
 */
export type LeaseAnswer = Lease | "missing" | "locked" | StoreUnavailableError;

/** Unused amount that is returned, in nano-USD; negative: taken to cover spend beyond the lease. */
export interface LeaseReturn extends BudgetId {
  readonly amountNano: number;
}

/** The owner of a lease was given up for dead; what it held is settled, and it must begin anew. */
export class OwnerLostError extends Error {
  override readonly name = "OwnerLostError";
}

/** Budgets that all gateways share. Settling is not here: it is part of writing the audit row. */
export interface BudgetStore {
  /** Makes an owner. @throws StoreUnavailableError */
  register(owner: string, ttlMs: number): Promise<void>;
  /** A sign of life. @returns the owners that still exist @throws StoreUnavailableError */
  heartbeat(owners: readonly string[], ttlMs: number): Promise<readonly string[]>;
  /**
   * Takes room for one gateway from several budgets in one step: from each as if it were asked alone.
   * @returns an answer to each request, in their order
   * @throws OwnerLostError, StoreUnavailableError, which then hold for all of them
   */
  acquire(owner: string, requests: readonly LeaseRequest[]): Promise<readonly LeaseAnswer[]>;
  /**
   * Makes a budget that is used for the first time; it may not be there afterwards, when there are as many as may be.
   * @throws StoreUnavailableError also when it takes longer than a request waits
   */
  create(budget: NewBudget): Promise<void>;
  /**
   * Gives room back, of several budgets in one step.
   * @returns what could not be given back, and is still leased
   * @throws StoreUnavailableError; then nobody knows whether it happened, unless it says so
   */
  giveBack(owner: string, returns: readonly LeaseReturn[]): Promise<readonly LeaseReturn[]>;
  /** Asks all gateways to give back what they hold of a budget and do not use. @throws StoreUnavailableError */
  recall(budget: BudgetId): Promise<void>;
  /** Told of each `recall`, also of this gateway's own; a message may be lost. */
  onRecall(listener: (budget: BudgetId) => void): void;
  /**
   * Ends owners without a sign of life: their intents are charged what was reserved, with an audit row each; the
   * rest of their leases is free again. @returns how many owners were ended @throws StoreUnavailableError
   */
  recover(): Promise<number>;
  /** The same for one owner, at its own wish. @throws StoreUnavailableError */
  retire(owner: string): Promise<void>;
  /** What a budget has spent, in nano-USD. `undefined`: never used. @throws StoreUnavailableError */
  spentNano(budget: BudgetId): Promise<number | undefined>;
  /** From now on the budget counts as having spent `spentNano`; what is leased stays leased. @throws StoreUnavailableError */
  setSpent(budget: BudgetId, spentNano: number): Promise<void>;
}

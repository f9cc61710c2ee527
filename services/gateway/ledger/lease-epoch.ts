import { randomUUID } from "node:crypto";
import type { BudgetId, BudgetStore } from "../ports/budget-store";
import { monotonicClock } from "../ports/clock";
import { StoreUnavailableError } from "../ports/key-store";
import { LeasedBudget } from "./leased-budget";

/** A budget as it applies to one request. */
export interface AppliedBudget extends BudgetId {
  readonly limitNano: number;
  readonly since: Date | null;
}

/**
 * Everything leased under one owner. When the owner was given up for dead, or when it is not known whether a
 * lease was given or taken back, the epoch is left: no new reservations, and the owner is ended after the last
 * running one. Nothing ever has to be put right by guessing. A store that says that it did nothing is no reason: one
 * key's request could otherwise take the leases of all.
 */
export class LeaseEpoch {
  readonly owner = randomUUID();
  readonly #budgets = new Map<string, LeasedBudget>();
  #registered: Promise<void> | undefined;
  #isLeft = false;
  #isLost = false;
  #knownAt: number | undefined;

  constructor(
    readonly store: BudgetStore,
    readonly ttlMs: number,
  ) {}

  get isRegistered(): boolean {
    return this.#registered !== undefined;
  }

  /** Whether no reservation may be made any more. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  /** Whether the store has ended the owner. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get reservedNano(): number {
    let sum = 0;
    for (const budget of this.#budgets.values()) sum += budget.reservedNano;
    return sum;
  }

  /** @throws StoreUnavailableError */
  register(): Promise<void> {
    this.#registered ??= this.store.register(this.owner, this.ttlMs).then(
      () => this.confirm(),
      (error: unknown) => {
        this.leave();
        throw error;
      },
    );
    return this.#registered;
  }

  /** When the store last said that it knows the owner, in monotonic milliseconds. `undefined`: it has not yet. */
  get knownAt(): number | undefined {
    return this.#knownAt;
  }

  /** The store knows the owner. */
  confirm(): void {
    this.#knownAt = monotonicClock.now();
  }

  leave(): void {
    this.#isLeft = true;
  }

  lose(): void {
    this.#isLeft = true;
    this.#isLost = true;
  }

  budget(applied: AppliedBudget): LeasedBudget {
    const key = `${applied.account} ${applied.period} ${applied.limitNano}`;
    const known = this.#budgets.get(key);
    if (known !== undefined) return known;
    const { account, period, limitNano, since } = applied;
    const id = { account, period };
    const budget = new LeasedBudget(id, limitNano, {
      acquire: async (ask) => {
        try {
          return await this.store.acquire({ ...id, ...ask, owner: this.owner, limitNano, since });
        } catch (error) {
          if (!isUnchanged(error)) this.leave();
          throw error;
        }
      },
      giveBack: (amount) => {
        this.store.giveBack(this.owner, id, amount).catch((error: unknown) => {
          if (isUnchanged(error)) budget.keep(amount);
          else this.leave();
        });
      },
    });
    this.#budgets.set(key, budget);
    return budget;
  }

  giveBackIdle(): void {
    for (const [key, budget] of this.#budgets) {
      budget.giveBackIdle();
      if (budget.isUnused) this.#budgets.delete(key);
    }
  }
}

/** Whether it is certain that a lease is what it was before. */
function isUnchanged(error: unknown): boolean {
  return error instanceof StoreUnavailableError && error.isUnchanged;
}

import { randomUUID } from "node:crypto";
import { monotonicClock } from "../../../shared/clock";
import { Questions } from "../../store/batching";
import type { BudgetId, BudgetStore, Lease, LeaseAnswer, LeaseRequest } from "../../store/budget-store";
import { StoreUnavailableError } from "../../store/key-store";
import { LeasedBudget, SHARING_MS } from "./leased-budget";

/** A budget as it applies to one request. */
export interface AppliedBudget extends BudgetId {
  readonly limitNano: number;
  readonly since: Date | null;
}

/** Most budgets in one query: their rows are locked until all are done. */
const MAX_BUDGETS_PER_QUERY = 200;

/** Most budgets remembered that other gateways wait for. */
const MAX_RECALLED = 10_000;

/** How long a request waits for a locked budget, in milliseconds: about as long as for a store that does not answer. */
const LOCKED_WAIT_MS = 1500;
/** How long a locked budget is queried apart from the others, unless it turns out to be free again, in milliseconds. */
const LOCKED_MS = 10_000;
/** Most locked budgets remembered. */
const MAX_LOCKED = 10_000;

/** The answer for a budget that could not be created because there are as many as may be. */
const NO_ROOM: Lease = { grantedNano: 0, spentNano: 0, leasedNano: 0, othersNano: 0 };

/** What an epoch needs of the process. */
export interface LeaseEpochProps {
  readonly store: BudgetStore;
  readonly ttlMs: number;
  /** How long a request waits for what others give back, in milliseconds. */
  readonly recallMs: number;
  /** Told how long each question to the store took, in milliseconds. */
  readonly onAsked: (ms: number) => void;
}

/**
 * Everything leased under one owner. When the owner was declared dead, or when it is unknown whether a lease was granted or
 * returned, the epoch is left: it takes no new reservations, and its owner is retired after the last running one, so nothing
 * is ever corrected by guessing. A store that says that it changed nothing is no reason to leave: a single key's request
 * could otherwise cost all keys their leases.
 */
export class LeaseEpoch {
  readonly owner = randomUUID();
  /** Account and period → a budget for each limit that it has had. */
  readonly #budgets = new Map<string, LeasedBudget[]>();
  readonly #questions: Questions<LeaseRequest, LeaseAnswer>;
  /** For budgets that were locked when they were last queried, so that no others wait behind them. */
  readonly #lockedQuestions: Questions<LeaseRequest, LeaseAnswer>;
  /** Account and period of locked budgets → until when. */
  readonly #locked = new Map<string, number>();
  /** Amounts to give back. */
  #returns = new Map<LeasedBudget, number>();
  #isReturning = false;
  /** Account and period of budgets that others wait for → until when, whether they are used here or not. */
  readonly #recalled = new Map<string, number>();
  #registered: Promise<void> | undefined;
  #isLeft = false;
  #isLost = false;
  #knownAt: number | undefined;

  constructor(readonly props: LeaseEpochProps) {
    const ask = (requests: readonly LeaseRequest[]) => this.#acquireAll(requests);
    this.#questions = new Questions(ask, MAX_BUDGETS_PER_QUERY);
    this.#lockedQuestions = new Questions(ask, MAX_BUDGETS_PER_QUERY);
  }

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
    for (const budget of this.#all()) sum += budget.reservedNano;
    return sum;
  }

  /** Budgets of which room is leased. */
  get leases(): number {
    let count = 0;
    for (const budget of this.#all()) if (budget.isHeld) count += 1;
    return count;
  }

  /** @throws StoreUnavailableError */
  register(): Promise<void> {
    this.#registered ??= this.props.store.register(this.owner, this.props.ttlMs).then(
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
    const { account, period, limitNano, since } = applied;
    const id = { account, period };
    const key = nameOf(id);
    const others = this.#budgets.get(key) ?? [];
    const known = others.find((budget) => budget.limitNano === limitNano);
    if (known !== undefined) return known;
    const budget = new LeasedBudget(id, limitNano, {
      acquire: (ask) => this.#acquire({ ...id, ...ask, limitNano, since }),
      giveBack: (from, amount) => this.#giveBack(from, amount),
      recallMs: this.props.recallMs,
      recall: () => void this.props.store.recall(id).catch(() => {}), // nobody gives anything back then
    });
    this.#budgets.set(key, [...others, budget]);
    // The limit was changed: room that is held under the old one is missing under the new one.
    for (const other of others) other.giveBackFree();
    if ((this.#recalled.get(key) ?? 0) > monotonicClock.now()) budget.share();
    return budget;
  }

  giveBackIdle(): void {
    for (const [key, budgets] of this.#budgets) {
      for (const budget of budgets) budget.giveBackIdle();
      if (!budgets.some(({ isUnused }) => isUnused)) continue;
      const used = budgets.filter(({ isUnused }) => !isUnused);
      if (used.length > 0) this.#budgets.set(key, used);
      else this.#budgets.delete(key);
    }
    const now = monotonicClock.now();
    for (const known of [this.#recalled, this.#locked])
      for (const [key, until] of known) if (until <= now) known.delete(key);
  }

  /** Another gateway waits for room that is held here and not used. */
  recall(id: BudgetId): void {
    const key = nameOf(id);
    if (this.#recalled.size < MAX_RECALLED) this.#recalled.set(key, monotonicClock.now() + SHARING_MS);
    for (const budget of this.#budgets.get(key) ?? []) budget.share();
  }

  *#all(): Generator<LeasedBudget> {
    for (const budgets of this.#budgets.values()) yield* budgets;
  }

  async #acquire(request: LeaseRequest): Promise<Lease> {
    try {
      let answer = await this.#ask(request);
      if (answer === "missing") {
        await this.props.store.create(request);
        answer = await this.#ask(request);
      }
      if (answer instanceof Error) throw answer;
      if (answer === "locked")
        throw new StoreUnavailableError("somebody has locked the budget", { isUnchanged: true });
      return answer === "missing" ? NO_ROOM : answer;
    } catch (error) {
      if (!isUnchanged(error)) this.leave();
      throw error;
    }
  }

  async #ask(request: LeaseRequest): Promise<LeaseAnswer> {
    const key = nameOf(request);
    const end = monotonicClock.now() + LOCKED_WAIT_MS;
    const isLocked = (this.#locked.get(key) ?? 0) > monotonicClock.now();
    let answer = await (isLocked ? this.#lockedQuestions : this.#questions).put(request);
    // Each query waits for the lock in the store.
    while (answer === "locked" && monotonicClock.now() < end) {
      if (this.#locked.size < MAX_LOCKED) this.#locked.set(key, monotonicClock.now() + LOCKED_MS);
      answer = await this.#lockedQuestions.put(request);
    }
    if (answer !== "locked") this.#locked.delete(key);
    return answer;
  }

  async #acquireAll(requests: readonly LeaseRequest[]): Promise<readonly LeaseAnswer[]> {
    const begun = monotonicClock.now();
    try {
      return await this.props.store.acquire(this.owner, requests);
    } finally {
      this.props.onAsked(monotonicClock.now() - begun);
    }
  }

  #giveBack(budget: LeasedBudget, amount: number): void {
    this.#returns.set(budget, (this.#returns.get(budget) ?? 0) + amount);
    if (this.#isReturning) return;
    this.#isReturning = true;
    // Everything that is given back in this turn goes into one query.
    setImmediate(() => void this.#returnAll());
  }

  async #returnAll(): Promise<void> {
    while (this.#returns.size > 0) {
      const all = [...this.#returns];
      const batch = new Map(all.slice(0, MAX_BUDGETS_PER_QUERY));
      this.#returns = new Map(all.slice(MAX_BUDGETS_PER_QUERY));
      const kept = await this.#return(batch);
      for (const [budget, amount] of batch) budget.returned(amount, kept.has(budget));
    }
    this.#isReturning = false;
  }

  /** @returns the budgets that are leased as before */
  async #return(batch: ReadonlyMap<LeasedBudget, number>): Promise<ReadonlySet<LeasedBudget>> {
    const budgets = [...batch.keys()];
    const returns = budgets.map((budget) => ({ ...budget.id, amountNano: batch.get(budget) ?? 0 }));
    try {
      const kept = new Set(await this.props.store.giveBack(this.owner, returns));
      return new Set(budgets.filter((_, index) => kept.has(returns[index] as (typeof returns)[number])));
    } catch (error) {
      if (isUnchanged(error)) return new Set(budgets);
      this.leave();
      return new Set();
    }
  }
}

function nameOf({ account, period }: BudgetId): string {
  return `${account} ${period}`;
}

/** Whether a lease is known to be unchanged. */
function isUnchanged(error: unknown): boolean {
  return error instanceof StoreUnavailableError && error.isUnchanged;
}

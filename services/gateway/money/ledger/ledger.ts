import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import type { AuditRow, Intent } from "../../store/audit-log";
import { type BudgetId, type BudgetStore, OwnerLostError } from "../../store/budget-store";
import type { CostBounds } from "./cost-bound";
import { type AppliedBudget, LeaseEpoch } from "./lease-epoch";
import type { LeasedBudget, NoRoom } from "./leased-budget";

/** Settings of `Ledger`. */
interface LedgerSettings {
  readonly store: BudgetStore;
  readonly logger: Pick<Logger, "warn" | "info">;
  /** A gateway without a heartbeat for this long is dead, in milliseconds. @default 3000 */
  readonly ttlMs?: number;
  /** Between heartbeats; leases unused for 80 of them are given back, in milliseconds. @default 750 */
  readonly beatMs?: number;
  /** How long a request that would be refused waits for room that other gateways hold and do not use, in milliseconds. @default 1000 */
  readonly recallMs?: number;
}

/** Observes a ledger. */
interface LedgerWatcher {
  /** The store was asked for leases, in milliseconds. */
  readonly onAsked?: (ms: number) => void;
  /** Leases and requests of dead gateways were settled. */
  readonly onSettled?: (gateways: number) => void;
}

/** The budget that refused. */
interface Refusal extends NoRoom {
  readonly budget: AppliedBudget;
}

/** Reserves money for requests from leases on budgets that all gateways share. */
export class Ledger {
  readonly #settings: Required<LedgerSettings>;
  #current: LeaseEpoch;
  /** Left epochs that still have reservations, or whose owner is still to be retired. */
  readonly #left = new Set<LeaseEpoch>();
  /** Epochs whose owner this gateway is retiring. */
  readonly #retiring = new Set<LeaseEpoch>();
  #timer: NodeJS.Timeout | undefined;
  /** Whether the last heartbeat failed. */
  #isSilent = false;
  /** Since when heartbeats have gone through without a gap. */
  #steadySince: number | undefined;

  #watcher: LedgerWatcher = {};

  constructor(settings: LedgerSettings) {
    this.#settings = { ttlMs: 3000, beatMs: 750, recallMs: 1000, ...settings };
    this.#current = this.#newEpoch();
    settings.store.onRecall((budget) => {
      for (const epoch of this.#epochs()) epoch.recall(budget);
    });
  }

  /** Sets the observer, for metrics. */
  watch(watcher: LedgerWatcher): void {
    this.#watcher = watcher;
  }

  /** Budgets of which this process holds room. */
  get leases(): number {
    return this.#epochs().reduce((sum, epoch) => sum + epoch.leases, 0);
  }

  /** What running requests of this process hold, in nano-USD. */
  get reservedNano(): number {
    return this.#epochs().reduce((sum, epoch) => sum + epoch.reservedNano, 0);
  }

  /**
   * Reserves the same amount in every budget, or nothing.
   * @param budgets when several refuse, the reason is that of the first
   * @throws StoreUnavailableError when a budget cannot be asked for
   */
  async reserve(budgets: readonly AppliedBudget[], bounds: CostBounds): Promise<Reservation | Refusal> {
    try {
      return await this.#reserveIn(this.#epoch(), budgets, bounds);
    } catch (error) {
      // Declared dead because heartbeats came too late. Nothing is reserved; a new owner can lease at once.
      if (!(error instanceof OwnerLostError)) throw error;
      return this.#reserveIn(this.#epoch(), budgets, bounds);
    }
  }

  async #reserveIn(
    epoch: LeaseEpoch,
    budgets: readonly AppliedBudget[],
    bounds: CostBounds,
  ): Promise<Reservation | Refusal> {
    await epoch.register();
    const asked = budgets.map((applied) => ({ applied, budget: epoch.budget(applied) }));
    // All at once: what has to be asked of the store goes there together.
    const results = await Promise.allSettled(asked.map(({ budget }) => budget.reserve(bounds)));
    const amounts = results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
    const isWhole = amounts.every((amount) => typeof amount === "number");
    const least = isWhole ? Math.min(...(amounts as number[])) : 0;
    for (const [index, { budget }] of asked.entries()) {
      const amount = amounts[index];
      if (typeof amount === "number" && amount > least) budget.release(amount - least);
    }
    if (isWhole)
      return new Reservation(
        epoch.owner,
        asked.map(({ budget }) => budget),
        least,
      );
    // The reason is that of the first that refuses.
    for (const [index, { applied }] of asked.entries()) {
      const result = results[index];
      if (result?.status === "rejected") throw result.reason;
      if (typeof result?.value === "object") return { ...result.value, budget: applied };
    }
    throw new Error("neither reserved nor refused");
  }

  /** What a budget has spent durably, in nano-USD. @throws StoreUnavailableError */
  spentNano(budget: BudgetId): Promise<number | undefined> {
    return this.#settings.store.spentNano(budget);
  }

  /**
   * Sets what a budget has spent. Gateways give back what they hold and do not use, and query again; one that was not told
   * does so within two heartbeats. @throws StoreUnavailableError
   */
  async setSpent(budget: BudgetId, spentNano: number): Promise<void> {
    const { store } = this.#settings;
    await store.setSpent(budget, spentNano);
    await store.recall(budget).catch(() => {}); // it is set all the same
  }

  start(): void {
    this.#timer = setTimeout(() => {
      void this.beat().finally(() => {
        if (this.#timer !== undefined) this.start();
      });
    }, this.#settings.beatMs);
    this.#timer.unref();
  }

  /** Gives everything back. Call it after the last audit row is durable; what is not is charged as reserved. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const epoch of this.#epochs()) {
      epoch.leave();
      if (epoch.isRegistered && !epoch.isLost) await this.#settings.store.retire(epoch.owner).catch(() => {}); // another gateway will do it
    }
  }

  /** Sends a heartbeat and runs due maintenance. */
  async beat(): Promise<void> {
    const { store, ttlMs, logger } = this.#settings;
    this.#epoch();
    const alive = this.#epochs().filter((epoch) => epoch.isRegistered && !epoch.isLost);
    try {
      const begun = monotonicClock.now();
      const owners = alive.map((epoch) => epoch.owner);
      const known = new Set(await store.heartbeat(owners, ttlMs));
      // A database that is slow for this gateway is slow for all.
      if (monotonicClock.now() - begun > ttlMs / 2) this.#steadySince = undefined;
      for (const epoch of alive)
        if (known.has(epoch.owner)) epoch.confirm();
        else this.#missed(epoch, begun);
      this.#current.giveBackIdle();
      for (const epoch of this.#left) {
        if (!epoch.isLost && epoch.reservedNano > 0) continue;
        if (!epoch.isLost && epoch.isRegistered) {
          // If that fails after it was done, the next heartbeat finds no owner: no other gateway has ended it then.
          this.#retiring.add(epoch);
          await store.retire(epoch.owner);
        }
        this.#left.delete(epoch);
        this.#retiring.delete(epoch);
      }
      // After an outage all heartbeats are late: allow them time before declaring a gateway dead.
      this.#steadySince ??= monotonicClock.now();
      if (monotonicClock.now() - this.#steadySince < ttlMs) return;
      const recovered = await store.recover();
      this.#watcher.onSettled?.(recovered);
      if (recovered > 0) logger.warn({ owners: recovered }, "expired leases settled and released");
      if (this.#isSilent) logger.info("heartbeat recovered");
      this.#isSilent = false;
    } catch (error) {
      this.#steadySince = undefined;
      // Logged once per outage, not once per heartbeat.
      if (!this.#isSilent) logger.warn({ err: error }, "heartbeat failed, retrying");
      this.#isSilent = true;
    }
  }

  /** The store does not know an owner. @param askedAt in monotonic milliseconds */
  #missed(epoch: LeaseEpoch, askedAt: number): void {
    const { logger, ttlMs } = this.#settings;
    // It is being registered at this moment, or may not have been.
    if (epoch.knownAt === undefined || epoch.knownAt > askedAt) return;
    epoch.lose();
    const owner = epoch.owner;
    const silentMs = Math.round(askedAt - epoch.knownAt);
    if (this.#retiring.delete(epoch)) return;
    if (silentMs > ttlMs)
      logger.warn(
        { owner, silentMs },
        "leases lost: another gateway considered this one dead and settled them",
      );
    else
      logger.warn(
        { owner, silentMs },
        "leases lost: missing from the database although heartbeats were on time; was it restored from a backup, or its clock changed?",
      );
  }

  #epoch(): LeaseEpoch {
    if (!this.#current.isLeft) return this.#current;
    this.#left.add(this.#current);
    this.#current = this.#newEpoch();
    return this.#current;
  }

  #newEpoch(): LeaseEpoch {
    const { store, ttlMs, recallMs } = this.#settings;
    return new LeaseEpoch({ store, ttlMs, recallMs, onAsked: (ms) => this.#watcher.onAsked?.(ms) });
  }

  #epochs(): LeaseEpoch[] {
    return [this.#current, ...this.#left];
  }
}

/** Money reserved for one request, in one or several budgets. */
export class Reservation {
  #isSettled = false;

  constructor(
    readonly owner: string,
    readonly budgets: readonly LeasedBudget[],
    /** In each of the budgets, in nano-USD. */
    readonly amountNano: number,
  ) {}

  toIntent(row: AuditRow): Intent {
    return {
      requestId: row.requestId,
      owner: this.owner,
      budgets: this.budgets.map((budget) => budget.id),
      reservedNano: this.amountNano,
      row,
    };
  }

  /** The row is durable, and its cost taken from the budgets with it. Later calls do nothing. */
  settle(costNano: number): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const budget of this.budgets) budget.settle(this.amountNano, costNano);
  }
}

import { monotonicClock } from "../../../shared/clock";
import type { BudgetId, Lease } from "../../store/budget-store";
import type { CostBounds } from "./cost-bound";

/** Why a reservation was refused. */
export interface NoRoom {
  /** `spent`: what is left of the budget is too little. `reserved`: running requests hold the rest. */
  readonly reason: "spent" | "reserved";
  readonly spentNano: number;
}

/** Asks the store for room, and gives room back. */
export interface LeaseSource {
  acquire(ask: LeaseAsk): Promise<Lease>;
  /** Never fails: `returned` reports the outcome. Negative: taken, because it is spent already. */
  giveBack(budget: LeasedBudget, amountNano: number): void;
  /** Asks all gateways to give back what they hold of this budget and do not use. Never fails. */
  recall(): void;
  /** How long a request waits for what others give back, in milliseconds. */
  readonly recallMs: number;
}

/** Amounts of a `LeaseRequest`, in nano-USD. */
export interface LeaseAsk {
  readonly fullNano: number;
  readonly preferredNano: number;
  readonly leastNano: number;
  readonly endNano: number;
  readonly wantNano: number;
}

interface Waiting {
  readonly bounds: CostBounds;
  readonly resolve: (result: number | NoRoom) => void;
  readonly reject: (error: unknown) => void;
}

/** How many reservations of the same size are leased in advance. */
const LOOK_AHEAD = 4;

/** Heartbeats until unused room is given back: a key that is used every quarter of a minute need not lease each time. */
const IDLE_HEARTBEATS = 80;

/**
 * Before the first check whether other gateways have given room back, in milliseconds; doubled for each further one. They take a
 * few; the last checks are for a busy gateway.
 */
const RECALL_PAUSE_MS = 10;
/** No recall this long after one that brought nothing, in milliseconds: running requests hold the rest. */
const RECALL_BACKOFF_MS = 5000;
/** How long room is given back as soon as it is free after another gateway asked for it; longer than `RECALL_BACKOFF_MS`, which relies on it. */
export const SHARING_MS = 10_000;

/**
 * One budget in this process: room leased from the store, and reservations against it. While there is room a
 * reservation needs no I/O; otherwise one query at a time goes to the store for all requests that wait, in their order.
 */
export class LeasedBudget {
  /** Leased and not yet spent durably. */
  #leasedNano = 0;
  #reservedNano = 0;
  /** Reserved since the last `giveBackIdle`. */
  #recentNano = 0;
  #idleHeartbeats = 0;
  /** Given back, not confirmed yet. */
  #returningNano = 0;
  /** Held by other gateways at the last query. */
  #othersNano = 0;
  /** Until when other gateways wait for room: none is held beyond what requests need. */
  #sharedUntil = 0;
  #noRecallUntil = 0;
  #wake: () => void = () => {};
  /** The most that the store has reported as spent; 0: query again. Nothing is added here: the next answer may include it already. */
  #spentNano = 0;
  #isAsking = false;
  readonly #waiting: Waiting[] = [];

  constructor(
    readonly id: BudgetId,
    readonly limitNano: number,
    readonly source: LeaseSource,
  ) {}

  /** Leased and not reserved. */
  get freeNano(): number {
    return this.#leasedNano - this.#reservedNano;
  }

  get reservedNano(): number {
    return this.#reservedNano;
  }

  /** Whether room is leased. */
  get isHeld(): boolean {
    return this.#leasedNano !== 0;
  }

  get isUnused(): boolean {
    return (
      this.#reservedNano === 0 &&
      this.#leasedNano === 0 &&
      this.#returningNano === 0 &&
      this.#waiting.length === 0 &&
      !this.#isAsking
    );
  }

  /**
   * Reserves room. @returns the amount, from `leastNano` to `fullNano`, or why there is none
   * @throws OwnerLostError, StoreUnavailableError
   */
  async reserve(asked: CostBounds): Promise<number | NoRoom> {
    const bounds = this.#within(asked);
    // Known without a query. Spend that was reset is seen once nothing was reserved for two heartbeats (`giveBackIdle`).
    if (this.limitNano - this.#spentNano < bounds.leastNano) return this.#refuse(bounds);
    if (this.#waiting.length === 0 && !this.#isAsking && this.freeNano >= bounds.fullNano)
      return this.#take(bounds.fullNano);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bounds, resolve, reject });
      if (!this.#isAsking) void this.#serve();
    });
  }

  /** Shrinks a reservation by what turned out not to be needed. */
  release(amountNano: number): void {
    this.#reservedNano -= amountNano;
    this.#freed();
  }

  /** The end of a reservation: its cost is durable in the store, and no longer leased there. */
  settle(reservedNano: number, costNano: number): void {
    this.#reservedNano -= reservedNano;
    this.#leasedNano -= costNano;
    this.#freed();
  }

  /**
   * Other gateways wait for room: what is free goes back at once, and so does what becomes free in the next seconds. The known
   * spend is forgotten, since it may have been set.
   */
  share(): void {
    this.#sharedUntil = monotonicClock.now() + SHARING_MS;
    this.#spentNano = 0;
    this.#freed();
  }

  /**
   * Called with each heartbeat: gives room back that nothing was reserved from in the last 80. The known spend is forgotten when
   * nothing was reserved since the last heartbeat: it may have been reset.
   */
  giveBackIdle(): void {
    const isIdle = this.#recentNano === 0 && this.#waiting.length === 0 && !this.#isAsking;
    this.#idleHeartbeats = isIdle ? this.#idleHeartbeats + 1 : 0;
    if (this.#idleHeartbeats >= IDLE_HEARTBEATS) this.giveBackFree();
    if (isIdle) this.#spentNano = 0;
    this.#recentNano = 0;
  }

  giveBackFree(): void {
    const amount = this.freeNano;
    if (amount === 0) return;
    this.#leasedNano -= amount;
    this.#returningNano += amount;
    this.source.giveBack(this, amount);
  }

  /** The outcome of giving room back. @param isKept it is still leased */
  returned(amountNano: number, isKept: boolean): void {
    this.#returningNano -= amountNano;
    if (isKept) this.#leasedNano += amountNano;
  }

  #freed(): void {
    this.#wake();
    // A cost above its reservation leaves a lease below zero, which would be kept here for ever.
    if (this.freeNano < 0 || this.#isShared) this.giveBackFree();
  }

  get #isShared(): boolean {
    return monotonicClock.now() < this.#sharedUntil;
  }

  #take(amountNano: number): number {
    this.#reservedNano += amountNano;
    this.#recentNano += amountNano;
    return amountNano;
  }

  async #serve(): Promise<void> {
    this.#isAsking = true;
    try {
      for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
        if (this.freeNano < next.bounds.fullNano) await this.#acquireFor(next.bounds);
        if (this.#isHeldByOthers(next.bounds)) await this.#recallFor(next.bounds);
        const amount = this.#affordable(next.bounds);
        if (amount !== undefined) {
          this.#waiting.shift();
          next.resolve(this.#take(amount));
          continue;
        }
        // The same answer holds for all that came meanwhile and need as much.
        const least = next.bounds.leastNano;
        for (const one of this.#waiting.splice(0)) {
          if (one.bounds.leastNano >= least) one.resolve(this.#refuse(one.bounds));
          else this.#waiting.push(one);
        }
        // Too little for requests here; it may be enough for another gateway's.
        this.giveBackFree();
      }
    } catch (error) {
      for (const one of this.#waiting.splice(0)) one.reject(error);
    } finally {
      this.#isAsking = false;
    }
  }

  /**
   * Caps amounts just above the limit, for which there is never room: the store gets a number that it can hold, whatever a
   * client asks for.
   */
  #within({ fullNano, preferredNano, leastNano }: CostBounds): CostBounds {
    const most = this.limitNano + 1;
    return {
      fullNano: Math.min(fullNano, most),
      preferredNano: Math.min(preferredNano, most),
      leastNano: Math.min(leastNano, most),
    };
  }

  async #acquireFor(bounds: CostBounds): Promise<void> {
    const lease = await this.source.acquire(this.#ask(bounds));
    this.#leasedNano += lease.grantedNano;
    this.#othersNano = lease.othersNano;
    this.#spentNano = Math.max(this.#spentNano, lease.spentNano);
  }

  /** Whether a request would be refused although other gateways hold room, and perhaps do not use it. */
  #isHeldByOthers(bounds: CostBounds): boolean {
    return (
      this.#affordable(bounds) === undefined &&
      this.#othersNano > 0 &&
      this.limitNano - this.#spentNano >= bounds.leastNano
    );
  }

  /** Has other gateways give back what they do not use, and queries again. */
  async #recallFor(bounds: CostBounds): Promise<void> {
    if (monotonicClock.now() < this.#noRecallUntil) return;
    this.source.recall();
    const end = monotonicClock.now() + this.source.recallMs;
    for (let pauseMs = RECALL_PAUSE_MS; monotonicClock.now() < end; pauseMs *= 2) {
      await this.#pause(Math.min(pauseMs, end - monotonicClock.now()));
      if (this.#affordable(bounds) === undefined) await this.#acquireFor(bounds);
      if (!this.#isHeldByOthers(bounds)) return;
    }
    this.#noRecallUntil = monotonicClock.now() + RECALL_BACKOFF_MS;
  }

  /** Waits for at most `pauseMs`, until room becomes free here. */
  async #pause(pauseMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }

  #affordable({ fullNano, preferredNano, leastNano }: CostBounds): number | undefined {
    const free = this.freeNano;
    if (free >= fullNano) return fullNano;
    if (free >= preferredNano) return free;
    const isNearEnd = this.limitNano - this.#spentNano < preferredNano;
    return isNearEnd && free >= leastNano ? free : undefined;
  }

  #refuse({ leastNano }: CostBounds): NoRoom {
    const reason = this.limitNano - this.#spentNano < leastNano ? "spent" : "reserved";
    return { reason, spentNano: this.#spentNano };
  }

  #ask({ fullNano, preferredNano, leastNano }: CostBounds): LeaseAsk {
    const free = this.freeNano;
    const waiting = this.#waiting.reduce((sum, one) => sum + one.bounds.fullNano, 0);
    return {
      fullNano: fullNano - free,
      preferredNano: preferredNano - free,
      leastNano: leastNano - free,
      endNano: preferredNano,
      wantNano: Math.min(
        this.limitNano,
        Math.max(0, waiting - free, ...(this.#isShared ? [] : [LOOK_AHEAD * fullNano, this.#recentNano])),
      ),
    };
  }
}

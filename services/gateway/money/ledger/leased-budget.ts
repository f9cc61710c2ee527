import { monotonicClock } from "../../../shared/clock";
import type { BudgetId, Lease } from "../../store/budget-store";
import type { CostBounds } from "./cost-bound";

/** Why there was no room. */
export interface NoRoom {
  /** `spent`: what is left of the budget is too little. `reserved`: running requests hold the rest. */
  readonly reason: "spent" | "reserved";
  readonly spentNano: number;
}

/** Asks the store for room, and gives room back. */
export interface LeaseSource {
  acquire(ask: LeaseAsk): Promise<Lease>;
  /** Never fails: the source says later what became of it (`returned`). Below zero: taken, because it is spent already. */
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

/** Of the recent reservations, this many times over is asked for in advance. */
const LOOK_AHEAD = 4;

/** Calls of `giveBackIdle` until room is given back that nobody uses: a key that is used every quarter of a minute need not ask each time. */
const IDLE_CALLS = 80;

/**
 * Until the first look whether others have given back what they were asked for, in milliseconds; doubled with each. Their answer takes a
 * few; the last looks are for a gateway that is busy.
 */
const RECALL_PAUSE_MS = 10;
/** After a recall that was in vain, how long none is tried again, in milliseconds: running requests hold the rest. */
const VAIN_MS = 5000;
/** For how long room is given back as soon as it is free, after somebody asked for it; longer than `VAIN_MS`, which relies on it. */
export const SHARING_MS = 10_000;

/**
 * One budget in this process: room leased from the store, and reservations against it. While there is room a
 * reservation needs no I/O; otherwise one question at a time goes to the store for all who wait, in their order.
 */
export class LeasedBudget {
  /** Leased and not yet spent durably. */
  #leasedNano = 0;
  #reservedNano = 0;
  /** Reserved since the last `giveBackIdle`. */
  #recentNano = 0;
  #idleCalls = 0;
  /** Given back, and not known yet whether that happened. */
  #returningNano = 0;
  /** Held by others when the store was asked last. */
  #othersNano = 0;
  /** Until when others wait for room: none is held beyond what requests need. */
  #sharedUntil = 0;
  #noRecallUntil = 0;
  #wake: () => void = () => {};
  /** The most the store has said is spent; 0: to be asked again. Nothing is added here: its next answer may hold that already. */
  #spentNano = 0;
  #isAsking = false;
  readonly #waiting: Waiting[] = [];

  constructor(
    readonly id: BudgetId,
    readonly limitNano: number,
    readonly source: LeaseSource,
  ) {}

  /** Room that nobody has reserved. */
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
    // Known without asking. Spend that was set back is seen once nothing was reserved for two signs of life (`giveBackIdle`).
    if (this.limitNano - this.#spentNano < bounds.leastNano) return this.#refuse(bounds);
    if (this.#waiting.length === 0 && !this.#isAsking && this.freeNano >= bounds.fullNano)
      return this.#take(bounds.fullNano);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bounds, resolve, reject });
      if (!this.#isAsking) void this.#serve();
    });
  }

  /** Makes a reservation smaller, by what turned out not to be needed. */
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
   * Others wait for room: what is free goes back at once, and so does what becomes free in the next seconds. What is known as
   * spent is forgotten, since it may have been set.
   */
  share(): void {
    this.#sharedUntil = monotonicClock.now() + SHARING_MS;
    this.#spentNano = 0;
    this.#freed();
  }

  /**
   * Called with each sign of life: gives room back that nothing was reserved from in the last 80. What is spent is forgotten when nothing was
   * reserved since the last one: it may have been set back.
   */
  giveBackIdle(): void {
    const isIdle = this.#recentNano === 0 && this.#waiting.length === 0 && !this.#isAsking;
    this.#idleCalls = isIdle ? this.#idleCalls + 1 : 0;
    if (this.#idleCalls >= IDLE_CALLS) this.giveBackFree();
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

  /** What became of room that was given back. @param isKept it is still leased */
  returned(amountNano: number, isKept: boolean): void {
    this.#returningNano -= amountNano;
    if (isKept) this.#leasedNano += amountNano;
  }

  #freed(): void {
    this.#wake();
    // What cost more than was reserved leaves a lease below zero: room to others, and kept here for ever.
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
        // The same answer holds for all who came meanwhile and need as much.
        const least = next.bounds.leastNano;
        for (const one of this.#waiting.splice(0)) {
          if (one.bounds.leastNano >= least) one.resolve(this.#refuse(one.bounds));
          else this.#waiting.push(one);
        }
        // Too little for those here; it may be enough for another gateway's.
        this.giveBackFree();
      }
    } catch (error) {
      for (const one of this.#waiting.splice(0)) one.reject(error);
    } finally {
      this.#isAsking = false;
    }
  }

  /**
   * Amounts beyond the limit are all the same: there is never room for them. What is asked of a store is so a number that it can
   * hold, whatever a client asks for.
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

  /** Whether a request is refused although others hold room, and perhaps do not use it. */
  #isHeldByOthers(bounds: CostBounds): boolean {
    return (
      this.#affordable(bounds) === undefined &&
      this.#othersNano > 0 &&
      this.limitNano - this.#spentNano >= bounds.leastNano
    );
  }

  /** Has the others give back what they do not use, and asks again. */
  async #recallFor(bounds: CostBounds): Promise<void> {
    if (monotonicClock.now() < this.#noRecallUntil) return;
    this.source.recall();
    const end = monotonicClock.now() + this.source.recallMs;
    for (let pauseMs = RECALL_PAUSE_MS; monotonicClock.now() < end; pauseMs *= 2) {
      await this.#pause(Math.min(pauseMs, end - monotonicClock.now()));
      if (this.#affordable(bounds) === undefined) await this.#acquireFor(bounds);
      if (!this.#isHeldByOthers(bounds)) return;
    }
    this.#noRecallUntil = monotonicClock.now() + VAIN_MS;
  }

  /** Waits, or until room becomes free here. */
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

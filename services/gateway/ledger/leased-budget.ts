import type { BudgetId, Lease } from "../ports/budget-store";
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
  /**
   * Never fails; what is given back is gone for this budget, unless the source has it kept (`keep`). Below zero: taken, because it is
   * spent already.
   */
  giveBack(amountNano: number): void;
}

/** Amounts of a `LeaseRequest`, in nano-USD. */
export interface LeaseAsk {
  readonly fullNano: number;
  readonly ampleNano: number;
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

/** Room of a 16th of what is left is much: others may be waiting for it. */
const MUCH = 16;
/** Calls of `giveBackIdle` after which little room is given back too. */
const IDLE_CALLS = 4;

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

  get isUnused(): boolean {
    return (
      this.#reservedNano === 0 && this.#leasedNano === 0 && this.#waiting.length === 0 && !this.#isAsking
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
  }

  /** The end of a reservation: its cost is durable in the store, and no longer leased there. */
  settle(reservedNano: number, costNano: number): void {
    this.#reservedNano -= reservedNano;
    this.#leasedNano -= costNano;
    // It cost more than was reserved. A lease below zero would be room to others, and would be kept here for ever.
    if (this.freeNano < 0) this.giveBackFree();
  }

  /**
   * Gives room back that nothing was reserved from since the last call, or since the last few when it is little beside what is
   * left: a key that is used every other second need not ask each time. What is spent is forgotten then: it may have been set back.
   */
  giveBackIdle(): void {
    const isIdle = this.#recentNano === 0 && this.#waiting.length === 0 && !this.#isAsking;
    this.#idleCalls = isIdle ? this.#idleCalls + 1 : 0;
    const isMuch = this.freeNano * MUCH > this.limitNano - this.#spentNano;
    if (isIdle && (isMuch || this.#idleCalls >= IDLE_CALLS)) this.giveBackFree();
    if (isIdle) this.#spentNano = 0;
    this.#recentNano = 0;
  }

  giveBackFree(): void {
    const amount = this.freeNano;
    if (amount === 0) return;
    this.#leasedNano -= amount;
    this.source.giveBack(amount);
  }

  /** Room that was to be given back and is still leased. */
  keep(amountNano: number): void {
    this.#leasedNano += amountNano;
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
        if (this.freeNano < next.bounds.fullNano) {
          const lease = await this.source.acquire(this.#ask(next.bounds));
          this.#leasedNano += lease.grantedNano;
          this.#spentNano = Math.max(this.#spentNano, lease.spentNano);
        }
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
  #within({ fullNano, ampleNano, leastNano }: CostBounds): CostBounds {
    const most = this.limitNano + 1;
    return {
      fullNano: Math.min(fullNano, most),
      ampleNano: Math.min(ampleNano, most),
      leastNano: Math.min(leastNano, most),
    };
  }

  #affordable({ fullNano, ampleNano, leastNano }: CostBounds): number | undefined {
    const free = this.freeNano;
    if (free >= fullNano) return fullNano;
    if (free >= ampleNano) return free;
    const isNearEnd = this.limitNano - this.#spentNano < ampleNano;
    return isNearEnd && free >= leastNano ? free : undefined;
  }

  #refuse({ leastNano }: CostBounds): NoRoom {
    const reason = this.limitNano - this.#spentNano < leastNano ? "spent" : "reserved";
    return { reason, spentNano: this.#spentNano };
  }

  #ask({ fullNano, ampleNano, leastNano }: CostBounds): LeaseAsk {
    const free = this.freeNano;
    const waiting = this.#waiting.reduce((sum, one) => sum + one.bounds.fullNano, 0);
    return {
      fullNano: fullNano - free,
      ampleNano: ampleNano - free,
      leastNano: leastNano - free,
      endNano: ampleNano,
      wantNano: Math.min(
        this.limitNano,
        Math.max(0, waiting - free, LOOK_AHEAD * fullNano, this.#recentNano),
      ),
    };
  }
}

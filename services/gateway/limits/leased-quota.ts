import type { Clock } from "../ports/clock";
import type { QuotaStore } from "../ports/quota-store";

/** What a limit says to one request. */
export interface QuotaAnswer {
  /** `undefined`: refused. */
  readonly taken: TakenQuota | undefined;
  readonly limit: number;
  readonly remaining: number;
  /** Until a refused request fits, in milliseconds; 0 for one that was not. */
  readonly waitMs: number;
  /** Until the whole limit is free again, in milliseconds. */
  readonly resetMs: number;
}

/** Counts that one request holds. */
export interface TakenQuota {
  readonly account: string;
  readonly block: number;
  readonly amount: number;
}

interface Held {
  block: number;
  amount: number;
  usableUntil: number;
  used: number;
  resetAt: number;
}

/** How far back recent requests are looked at, in milliseconds. */
const RECENT_MS = 2000;
/** A refusal is believed for this long, in milliseconds: others may give counts back. */
const REFUSAL_MS = 250;

const NOTHING: Held = { block: 0, amount: 0, usableUntil: 0, used: 0, resetAt: 0 };

/**
 * One limit in this process. A block of counts is taken from the store and used up without asking; it counts
 * there for a window from the last moment at which it may be used, so no window ever holds more than the limit.
 */
export class LeasedQuota {
  #held = NOTHING;
  /** Counted since `#recentSince`, and waited for: what the next block should last for. */
  #recent = 0;
  #recentSince = 0;
  #pending = 0;
  #work: Promise<unknown> = Promise.resolve();
  /** The last refusal, and until when its answer holds without asking. */
  #full: { need: number; until: number; at: number; waitMs: number; resetMs: number } | undefined;

  constructor(
    readonly account: string,
    readonly limit: number,
    readonly store: QuotaStore,
    readonly clock: Clock,
  ) {}

  /** Whether nothing is held that could still be used. */
  get isIdle(): boolean {
    const now = this.clock.now();
    return this.#held.usableUntil <= now && (this.#full?.until ?? 0) <= now;
  }

  /** @param amount more than the limit counts as the limit: it is admitted when nothing else is. @throws StoreUnavailableError */
  async take(amount: number): Promise<QuotaAnswer> {
    const need = Math.min(amount, this.limit);
    if (need === 0 && this.limit === 0) return this.#answer(undefined, 60_000);
    if (this.#has(need)) return this.#use(need);
    // One question at a time: the answer to the first may be enough for those behind it.
    this.#pending += need;
    const result = this.#work
      .then(() => this.#ask(need))
      .finally(() => {
        this.#pending -= need;
      });
    this.#work = result.catch(() => {});
    return result;
  }

  async #ask(need: number): Promise<QuotaAnswer> {
    if (this.#has(need)) return this.#use(need);
    const now = this.clock.now();
    const full = this.#full;
    if (full !== undefined && need >= full.need && now < full.until)
      return this.#answer(undefined, full.waitMs - (now - full.at));
    this.#full = undefined;
    for (;;) {
      const askedAt = this.clock.now();
      const want = Math.max(this.#pending, this.#recent);
      const grant = await this.store.take({ account: this.account, limit: this.limit, need, want });
      const resetAt = askedAt + grant.resetMs;
      if (grant.granted === 0) {
        this.#held = { ...this.#held, used: grant.used, resetAt };
        const until = askedAt + Math.min(grant.waitMs, REFUSAL_MS);
        this.#full = { need, until, at: askedAt, waitMs: grant.waitMs, resetMs: grant.resetMs };
        return this.#answer(undefined, grant.waitMs);
      }
      const usableUntil = askedAt + grant.usableMs;
      // Too late to be used; it stays counted.
      if (this.clock.now() >= usableUntil) continue;
      this.#held = { block: grant.block, amount: grant.granted, usableUntil, used: grant.used, resetAt };
      return this.#use(need);
    }
  }

  #has(need: number): boolean {
    return this.#held.amount >= need && this.clock.now() < this.#held.usableUntil;
  }

  #use(amount: number): QuotaAnswer {
    this.#held.amount -= amount;
    const now = this.clock.now();
    if (now - this.#recentSince > RECENT_MS) {
      this.#recent = 0;
      this.#recentSince = now;
    }
    this.#recent += amount;
    return this.#answer({ account: this.account, block: this.#held.block, amount }, 0);
  }

  #answer(taken: TakenQuota | undefined, waitMs: number): QuotaAnswer {
    const { used, amount, resetAt } = this.#held;
    return {
      taken,
      limit: this.limit,
      remaining: Math.max(0, this.limit - used + amount),
      waitMs,
      resetMs: Math.max(0, resetAt - this.clock.now()),
    };
  }
}

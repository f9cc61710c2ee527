import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock";
import { Questions, Spacing } from "../../store/batching";
import type { QuotaStore } from "../../store/quota-store";
import { Corrections, LeasedQuota, type QuotaAnswer, type QuotaTools, type TakenQuota } from "./leased-quota";

/** Limits in memory until those nobody uses are looked for. */
const SWEEP_SIZE = 10_000;

/** Between two lines about corrections that are lost, of which an outage has many a second, in milliseconds. */
const TELL_MS = 10_000;
/** Limits of one question at most. */
const TOGETHER = 200;
/** At 200 requests a second, each of which asks twice, some six share a question; in milliseconds. */
const SPACING_MS = 15;
/** So many limits wait for no others. */
const ENOUGH = 16;

/** Settings of `Limiter`. */
export interface LimiterSettings {
  readonly store: QuotaStore;
  /** Monotonic: what is held must be used within a time of which the store knows nothing. */
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

/** Limits per minute, by account. */
export class Limiter {
  readonly #quotas = new Map<string, LeasedQuota>();
  readonly #tools: QuotaTools;

  constructor({ store, clock, logger }: LimiterSettings) {
    let toldAt = Number.NEGATIVE_INFINITY;
    let untold = 0;
    const corrections = new Corrections(store, (error) => {
      untold += 1;
      if (clock.now() - toldAt < TELL_MS) return;
      logger.warn({ err: error, batches: untold }, "failed to correct rate limit counters");
      toldAt = clock.now();
      untold = 0;
    });
    this.#tools = {
      questions: new Questions((asked) => store.take(asked), TOGETHER, new Spacing(SPACING_MS, ENOUGH)),
      corrections,
      clock,
    };
  }

  /** Counts `amount` if it fits, and `reserved` with it, whether it fits or not. @throws StoreUnavailableError */
  take(account: string, limit: number, amount: number, reserved = 0): Promise<QuotaAnswer> {
    const known = this.#quotas.get(account);
    if (known?.limit === limit) return known.take(amount, reserved);
    if (this.#quotas.size >= SWEEP_SIZE) this.#sweep();
    const quota = new LeasedQuota(account, limit, this.#tools);
    this.#quotas.set(account, quota);
    return quota.take(amount, reserved);
  }

  /** Gives counts back, at once; a store that cannot be reached keeps them, which is the safe side. */
  refund(taken: TakenQuota): void {
    taken.quota.settle(taken, 0);
  }

  /** Puts an estimate right: `actual` instead of what was taken. */
  correct(taken: TakenQuota, actual: number): void {
    taken.quota.settle(taken, actual);
  }

  #sweep(): void {
    for (const [account, quota] of this.#quotas) if (quota.isIdle) this.#quotas.delete(account);
  }
}

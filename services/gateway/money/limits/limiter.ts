import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock";
import { Questions, Spacing } from "../../store/batching";
import type { QuotaStore } from "../../store/quota-store";
import { Corrections, LeasedQuota, type QuotaAnswer, type QuotaTools, type TakenQuota } from "./leased-quota";

/** Above this many limits in memory, unused ones are evicted. */
const SWEEP_SIZE = 10_000;

/** Interval between warnings about lost corrections, in milliseconds: an outage loses many a second. */
const WARNING_INTERVAL_MS = 10_000;
/** Most limits in one query. */
const MAX_LIMITS_PER_QUERY = 200;
/** At 200 requests a second, each of which asks twice, about six share a query; in milliseconds. */
const SPACING_MS = 15;
/** With this many limits, a query is sent without waiting for more. */
const ENOUGH_FOR_A_QUERY = 16;

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
    let warnedAt = Number.NEGATIVE_INFINITY;
    let lostBatches = 0;
    const corrections = new Corrections(store, (error) => {
      lostBatches += 1;
      if (clock.now() - warnedAt < WARNING_INTERVAL_MS) return;
      logger.warn({ err: error, batches: lostBatches }, "failed to correct rate limit counters");
      warnedAt = clock.now();
      lostBatches = 0;
    });
    this.#tools = {
      questions: new Questions(
        (asked) => store.take(asked),
        MAX_LIMITS_PER_QUERY,
        new Spacing(SPACING_MS, ENOUGH_FOR_A_QUERY),
      ),
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

import type { Logger } from "pino";
import type { Clock } from "../ports/clock";
import type { QuotaStore } from "../ports/quota-store";
import { Corrections } from "./corrections";
import { LeasedQuota, type QuotaAnswer, type TakenQuota } from "./leased-quota";

/** Limits in memory until those nobody uses are looked for. */
const SWEEP_SIZE = 10_000;

/** Settings of `Limiter`. */
export interface LimiterSettings {
  readonly store: QuotaStore;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}

/** Limits per minute, by account. */
export class Limiter {
  readonly #quotas = new Map<string, LeasedQuota>();

  readonly #corrections: Corrections;

  constructor(readonly settings: LimiterSettings) {
    this.#corrections = new Corrections(settings.store, (error) =>
      settings.logger.warn({ err: error }, "a limit could not be corrected"),
    );
  }

  /** Counts `amount` if it fits. @throws StoreUnavailableError */
  take(account: string, limit: number, amount: number): Promise<QuotaAnswer> {
    const { store, clock } = this.settings;
    const name = `${account} ${limit}`;
    let quota = this.#quotas.get(name);
    if (quota === undefined) {
      if (this.#quotas.size >= SWEEP_SIZE) this.#sweep();
      quota = new LeasedQuota(account, limit, store, clock);
      this.#quotas.set(name, quota);
    }
    return quota.take(amount);
  }

  /** Gives counts back, at once; a store that cannot be reached keeps them, which is the safe side. */
  refund({ account, block, amount }: TakenQuota): void {
    this.#corrections.refund(account, block, amount);
  }

  /** Puts an estimate right: `actual` instead of what was taken. */
  correct(taken: TakenQuota, actual: number): void {
    const excess = actual - taken.amount;
    if (excess < 0) this.refund({ ...taken, amount: -excess });
    else if (excess > 0) this.#corrections.add(taken.account, excess);
  }

  #sweep(): void {
    for (const [name, quota] of this.#quotas) if (quota.isIdle) this.#quotas.delete(name);
  }
}

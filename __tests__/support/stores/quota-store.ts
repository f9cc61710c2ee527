import {
  type QuotaCorrection,
  type QuotaGrant,
  type QuotaRequest,
  type QuotaStore,
  WINDOW_MS,
} from "../../../services/gateway/store/quota-store";
import { type Clock, systemClock } from "../../../services/shared/clock";

interface Block {
  readonly id: number;
  readonly expiresAt: number;
  amount: number;
}

/** Windows of one process, exact to the millisecond: every request asks, so nothing is given in advance. */
export class MemoryQuotaStore implements QuotaStore {
  readonly #accounts = new Map<string, Block[]>();
  #lastId = 0;

  constructor(readonly clock: Clock = systemClock) {}

  take(requests: readonly QuotaRequest[]): Promise<readonly QuotaGrant[]> {
    return Promise.resolve(requests.map((request) => this.give(request)));
  }

  correct(corrections: readonly QuotaCorrection[]): Promise<void> {
    const now = this.clock.now();
    for (const { account, block, amount } of corrections) {
      if (block === undefined) this.#push(this.#live(account, now), amount, now);
      const found = this.#accounts.get(account)?.find(({ id }) => id === block);
      if (found !== undefined) found.amount -= amount;
    }
    return Promise.resolve();
  }

  /** The answer to one request. */
  protected give({ account, limit, need, bound = need }: QuotaRequest): QuotaGrant {
    const now = this.clock.now();
    const blocks = this.#live(account, now);
    const before = total(blocks);
    const granted = limit - before >= need ? Math.max(need, bound) : 0;
    const waitMs = granted > 0 ? 0 : waitFor(blocks, before + need - limit, now);
    if (granted > 0) this.#push(blocks, granted, now);
    return {
      granted,
      block: this.#lastId,
      usableMs: Number.POSITIVE_INFINITY,
      used: before + granted,
      waitMs,
      resetMs: (blocks.at(-1)?.expiresAt ?? now) - now,
    };
  }

  #live(account: string, now: number): Block[] {
    const blocks = (this.#accounts.get(account) ?? []).filter(({ expiresAt }) => expiresAt > now);
    this.#accounts.set(account, blocks);
    return blocks;
  }

  #push(blocks: Block[], amount: number, now: number): void {
    this.#lastId += 1;
    blocks.push({ id: this.#lastId, amount, expiresAt: now + WINDOW_MS });
  }
}

function total(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + block.amount, 0);
}

/** Until `amount` counts have run out. */
function waitFor(blocks: readonly Block[], amount: number, now: number): number {
  let freed = 0;
  for (const block of blocks) {
    freed += block.amount;
    if (freed >= amount) return block.expiresAt - now;
  }
  return WINDOW_MS;
}

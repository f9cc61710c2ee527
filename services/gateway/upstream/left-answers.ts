import type { GatewayError } from "../errors";
import type { MessageSource } from "./message-source";

/** How much is read of answers that nobody waits for. */
export interface LeftAnswersLimits {
  /** Answers at the same time. @default 256 */
  readonly maxAnswers: number;
  /** Of the requests that they answer, which are kept as long, together, in bytes. @default 64 MiB */
  readonly maxRequestBytes: number;
  /** How long one is read, in milliseconds. @default 600000 */
  readonly maxMs: number;
}

const DEFAULT_LIMITS: LeftAnswersLimits = {
  maxAnswers: 256,
  maxRequestBytes: 64 * 1024 * 1024,
  maxMs: 600_000,
};

/**
 * Answers whose clients left, of providers that go on and bill them: read to their end for what they cost. Their money
 * stays put aside until then; their clients' places are free. What there is no room or time for is charged as if it had
 * been as long as was asked for.
 */
export class LeftAnswers {
  readonly #limits: LeftAnswersLimits;
  /** What ends each of them. */
  readonly #cancels = new Set<(reason: GatewayError) => void>();
  #requestBytes = 0;
  #onEmpty: (() => void)[] = [];

  constructor(limits: Partial<LeftAnswersLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get size(): number {
    return this.#cancels.size;
  }

  /** Nobody waits for `source` any more. @param requestBytes of what it answers */
  take(source: MessageSource, reason: GatewayError, requestBytes: number): void {
    const { maxAnswers, maxRequestBytes, maxMs } = this.#limits;
    const hasRoom = this.size < maxAnswers && this.#requestBytes + requestBytes <= maxRequestBytes;
    if (!hasRoom) {
      source.cancel(reason);
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const cancel = (because: GatewayError) => source.cancel(because);
    const isRead = source.leave(reason, () => {
      clearTimeout(timer);
      this.#cancels.delete(cancel);
      this.#requestBytes -= requestBytes;
      if (this.size === 0) for (const wake of this.#onEmpty.splice(0)) wake();
    });
    if (!isRead) return;
    this.#cancels.add(cancel);
    this.#requestBytes += requestBytes;
    timer = setTimeout(() => cancel(reason), maxMs).unref();
  }

  /** Reads no further. */
  endAll(reason: GatewayError): void {
    for (const cancel of this.#cancels) cancel(reason);
  }

  /** Resolves when none is read, and the rows of those that were are handed over. */
  async over(): Promise<void> {
    if (this.size > 0) await new Promise<void>((resolve) => this.#onEmpty.push(resolve));
    // Whoever waited for one of them has heard of its end, and handed its row over, before the loop turns.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { clientClosed, shuttingDown } from "../errors/catalogue";
import type { GatewayError } from "../errors/gateway-error";
import { Exchange } from "../http/exchange";
import type { MessageSource } from "./message-source";

/** Running answers, so that they can be ended: each by its own client, all of them by the shutdown. */
export class InFlight {
  readonly #answers = new Set<RunningAnswer>();

  /** @param left those whose client left, and that are still read for what they cost */
  constructor(readonly left = new LeftAnswers()) {}

  get size(): number {
    return this.#answers.size;
  }

  /** @returns the answer, which is aborted when the connection of `response` closes before its end, or by `abortAll` */
  track(response: ServerResponse): RunningAnswer {
    const answer = new RunningAnswer();
    this.#answers.add(answer);
    Exchange.of(response).onOver((isAnswered) => {
      this.#answers.delete(answer);
      if (!isAnswered) answer.abort(clientClosed(), this.left);
    });
    return answer;
  }

  /** Ends what is running. */
  abortAll(reason: GatewayError): void {
    for (const answer of this.#answers) answer.abort(reason);
    this.left.endAll(reason);
  }
}

/** How much is read of answers that nobody waits for. */
interface LeftAnswersLimits {
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

/** Ends an answer. @param left where it may be read on for its bill; not given when all is ended at once */
type AbortListener = (reason: GatewayError, left: LeftAnswers | undefined) => void;

/** An answer that is being made, which its client or the shutdown may end. An `AbortSignal` of a few fields: there is one for each request. */
export class RunningAnswer {
  #reason: GatewayError | undefined;
  #left: LeftAnswers | undefined;
  #onAbort: AbortListener | undefined;

  /** Why it was ended. `undefined` while it runs. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Whether it was ended before its time. */
  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  /** @throws GatewayError */
  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** What to do when it is ended: the last one given holds, and runs at once when that has happened already. */
  onAbort(listener: AbortListener): void {
    this.#onAbort = listener;
    if (this.#reason !== undefined) listener(this.#reason, this.#left);
  }

  /** Ends it, once. @param left where it may be read on for its bill. @default - nowhere */
  abort(reason: GatewayError, left?: LeftAnswers): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#left = left;
    this.#onAbort?.(reason, left);
  }
}

/** Keep-alive connections become idle one by one while answers end. */
const IDLE_SWEEP_MS = 100;
/** For the last bytes of answers that were ended, in milliseconds. */
const LAST_BYTES_MS = 2000;

/**
 * Stops accepting, lets running answers end for at most `graceMs`, those that are only read for what they cost, too, then
 * ends them with an error event, so that their rows are written and nobody takes a piece for the whole. No client can make it
 * last longer.
 */
export async function drain(app: FastifyInstance, inFlight: InFlight, graceMs: number): Promise<void> {
  const abort = setTimeout(() => inFlight.abortAll(shuttingDown()), graceMs);
  // What is open then waits for a client: for its body, or until it takes its answer. The rows that are left are worth more.
  const cut = setTimeout(() => {
    inFlight.abortAll(shuttingDown());
    app.server.closeAllConnections();
  }, graceMs + LAST_BYTES_MS);
  const sweep = setInterval(() => app.server.closeIdleConnections(), IDLE_SWEEP_MS);
  try {
    await app.close();
    await inFlight.left.over();
  } finally {
    clearTimeout(abort);
    clearTimeout(cut);
    clearInterval(sweep);
  }
}

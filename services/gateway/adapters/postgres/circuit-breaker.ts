import type { Pool } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../ports/clock";
import { CommitWatch } from "./commit-watch";
import { isUnavailable } from "./error-class";

/** Failures in a row that open the circuit: one alone may come of a single row that is locked. */
const FAILURES = 3;
/** Between two probes while it is open, in milliseconds. */
const PAUSE_MS = 1000;

/** Settings of `CircuitBreaker`. */
export interface CircuitBreakerSettings {
  /** For the log, such as `budgets`. */
  readonly name: string;
  readonly logger: Pick<Logger, "warn" | "info">;
  /** Milliseconds of a clock that nobody sets. @default monotonicClock */
  readonly now?: () => number;
}

/** Nothing was sent, because the statements before this one have failed. */
export class CircuitOpenError extends Error {
  override readonly name = "CircuitOpenError";
  /** SQLSTATE "insufficient resources": it cannot be done now, and it is certain that nothing was done. */
  readonly code = "53000";

  constructor(name: string) {
    super(`the circuit of ${name} is open`);
  }
}

/**
 * Spares requests the wait for a database that does not answer. When statements fail in a row the circuit opens: further ones are refused at
 * once, but for one at a time, once a second, which finds out whether it works again. The first success closes it.
 */
export class CircuitBreaker {
  readonly watch: CommitWatch;
  readonly #settings: CircuitBreakerSettings;
  readonly #now: () => number;
  #failures = 0;
  #openedAt: number | undefined;
  #probedAt = 0;
  #isProbing = false;
  #refused = 0;

  constructor(settings: CircuitBreakerSettings) {
    this.#settings = settings;
    this.#now = settings.now ?? monotonicClock.now;
    this.watch = new CommitWatch(this.#now);
  }

  get isOpen(): boolean {
    return this.#openedAt !== undefined;
  }

  /** @throws CircuitOpenError, or what `work` throws */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    const isProbe = this.#openedAt !== undefined;
    if (isProbe) {
      if (this.#isProbing || this.#now() - this.#probedAt < PAUSE_MS) {
        this.#refused += 1;
        throw new CircuitOpenError(this.#settings.name);
      }
      this.#isProbing = true;
    }
    try {
      const result = await this.watch.observe(work);
      this.#close();
      return result;
    } catch (error) {
      // Any other answer shows that the database works.
      if (isUnavailable(error)) this.#fail(error);
      else this.#close();
      throw error;
    } finally {
      if (isProbe) {
        this.#isProbing = false;
        this.#probedAt = this.#now();
      }
    }
  }

  #fail(error: unknown): void {
    this.#failures += 1;
    if (this.#openedAt !== undefined || this.#failures < FAILURES) return;
    this.#openedAt = this.#probedAt = this.#now();
    this.#settings.logger.warn(
      { err: error, store: this.#settings.name },
      "circuit opened: the database does not answer in time, requests that need it are refused at once",
    );
  }

  #close(): void {
    this.#failures = 0;
    if (this.#openedAt === undefined) return;
    const openMs = Math.round(this.#now() - this.#openedAt);
    this.#openedAt = undefined;
    this.#settings.logger.info(
      { store: this.#settings.name, openMs, refused: this.#refused },
      "circuit closed: the database answers again",
    );
    this.#refused = 0;
  }
}

/** What `guardStatements` puts together. */
export interface GuardedStatements {
  readonly breaker: CircuitBreaker;
  /** For single statements. */
  readonly statements: Pool;
  /** For transactions: no request waits for them. */
  readonly others: Pool;
}

/** A pool whose single statements run under a circuit breaker. Transactions (`connect`) do not. */
export function guardStatements({ breaker, statements, others }: GuardedStatements): Pool {
  const query = (...parameters: unknown[]) =>
    breaker.run(() => Reflect.apply(statements.query, statements, parameters) as Promise<unknown>);
  return new Proxy(others, {
    get(target, name) {
      if (name === "query") return query;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

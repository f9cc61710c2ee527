import type { Pool } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import type { Durability } from "../database-state";
import { CommitWatch, type PostgresAuditLog } from "./audit-log";
import { isUnavailable } from "./errors";

/** Failures in a row that open the circuit: one alone may come of a single row that is locked. */
const FAILURES = 3;
/** Between two probes while it is open, in milliseconds. */
const PAUSE_MS = 1000;

/** Settings of `CircuitBreaker`. */
interface CircuitBreakerSettings {
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
    super(`the circuit breaker of ${name} is open`);
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
      "circuit breaker open: the database does not respond in time, requests that need it are rejected immediately",
    );
  }

  #close(): void {
    this.#failures = 0;
    if (this.#openedAt === undefined) return;
    const openMs = Math.round(this.#now() - this.#openedAt);
    this.#openedAt = undefined;
    this.#settings.logger.info(
      { store: this.#settings.name, openMs, refused: this.#refused },
      "circuit breaker closed: the database responds again",
    );
    this.#refused = 0;
  }
}

/** What `guardStatements` puts together. */
interface GuardedStatements {
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

/** How long an answer stays true, in milliseconds. */
const FRESH_MS = 1000;
/** A database that takes longer than this is away. */
const LIMIT_MS = 1000;

/** Settings of `createDurabilityProbe`. */
interface DurabilityProbeSettings {
  /** Names the row that this gateway writes; a UUID. */
  readonly gateway: string;
  readonly isConnected: () => boolean;
  readonly audit: Pick<
    PostgresAuditLog,
    "isAccepting" | "isJournaling" | "canJournal" | "isTakingIntents" | "hasBegun" | "journal"
  >;
  /** For rows. */
  readonly pool: Pool;
  readonly rows: CommitWatch;
  /** For leases; their statements run under `leases`. */
  readonly leasePool: Pool;
  readonly leases: CircuitBreaker;
  readonly quotas: CircuitBreaker;
  /** Milliseconds of a clock that nobody sets. @default monotonicClock */
  readonly now?: () => number;
}

/**
 * Says what could be made durable now, by what the last real commits of rows, leases and counts came to. Where there were none for some seconds it
 * commits something itself, which takes the locks of that work. An answer is good for a second, however many ask for it.
 */
export function createDurabilityProbe(settings: DurabilityProbeSettings): () => Promise<Durability> {
  const { now = monotonicClock.now } = settings;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let answer: Promise<Durability> | undefined;
  return () => {
    if (answer !== undefined && now() - answeredAt < FRESH_MS) return answer;
    // Until it is there all who ask wait for the same one.
    answeredAt = Number.POSITIVE_INFINITY;
    answer = judge(settings).finally(() => {
      answeredAt = now();
    });
    return answer;
  };
}

async function judge(settings: DurabilityProbeSettings): Promise<Durability> {
  const { audit, rows, leases, quotas } = settings;
  if (settings.isConnected()) await Promise.all([probeRows(settings), probeLeases(settings)]);
  const isConnected = settings.isConnected();
  const isWritable = isConnected && audit.isAccepting && !audit.isJournaling && rows.verdict !== "failing";
  // Without a journal a slow disk is no reason to send all requests away: they may well be served.
  const isLate = rows.verdict === "late";
  const elsewhere = audit.isAccepting && audit.canJournal ? "journal" : "none";
  const isLeasing = ({ isOpen, watch }: CircuitBreaker) => !isOpen && !/^(failing|late)$/.test(watch.verdict);
  return {
    isStarted: audit.hasBegun,
    isConnected,
    audit: isWritable && !(isLate && audit.canJournal) ? "database" : elsewhere,
    hasBudgets: isWritable && !isLate && audit.isTakingIntents && isLeasing(leases) && isLeasing(quotas),
    journal: audit.journal,
  };
}

async function probeRows({ rows, pool, gateway }: DurabilityProbeSettings): Promise<void> {
  if (rows.verdict === "unknown") await rows.observe(() => commit(pool, gateway, "rows")).catch(() => {});
}

async function probeLeases(settings: DurabilityProbeSettings): Promise<void> {
  const { leases, quotas, leasePool, gateway } = settings;
  const probe = async (breaker: CircuitBreaker, what: "leases" | "counts") => {
    if (breaker.watch.verdict === "unknown")
      await breaker.run(() => commit(leasePool, gateway, what)).catch(() => {});
  };
  await Promise.all([probe(leases, "leases"), probe(quotas, "counts")]);
}

/** See `probe_commit` in `migrations/0014-probes-and-clock-steps.ts`. @throws also when it takes too long */
async function commit(pool: Pool, gateway: string, what: "rows" | "leases" | "counts"): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(reject, LIMIT_MS, new Error("no answer in time"));
  });
  const statement = { text: "SELECT probe_commit($1, $2)", values: [gateway, what], query_timeout: LIMIT_MS };
  try {
    await Promise.race([pool.query(statement), limit]);
  } catch (cause) {
    // Also for a lock that was not to be had, which is no more than a conflict to others.
    throw new Error("nothing was committed in time", { cause });
  } finally {
    clearTimeout(timer);
  }
}

import type { Pool, PoolClient } from "pg";
import type { Counter, Histogram, MetricsRegistry, Sample } from "../../../shared/metrics-registry";

/** What can be read of the connection that is kept open. */
interface LinkState {
  readonly isConnected: boolean;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly losses: number;
}

/** Versions of the schema. */
interface SchemaVersions {
  /** Of the database. `undefined`: not known yet. */
  readonly version: number | undefined;
  /** Of the newest migration of this program. */
  readonly known: number;
}

/** How the daily sums of spend are doing, as far as it was last seen. */
interface DailySpendState {
  /** Changes that are still to be moved to `spend_daily`. */
  readonly deltasPending: number;
  /** What sums and rows differed by when they were last compared. */
  readonly differenceNanoUsd: number;
}

/** What is asked at each scrape. */
export interface DatabaseStates {
  readonly link: () => LinkState;
  readonly schema: () => SchemaVersions;
  /** Whether leases and counts are not asked for, because the database did not answer in time. */
  readonly isCircuitOpen: () => boolean;
  readonly dailySpend: () => DailySpendState;
}

/** Up to where a request has long been refused. */
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Whether the database is there, which schema it has, and what its connections do. Nothing is asked of it at a scrape. */
export class DatabaseMetrics {
  readonly #pools = new Map<string, Pool>();
  readonly #waits;

  constructor(registry: MetricsRegistry, { link, schema, isCircuitOpen, dailySpend }: DatabaseStates) {
    registry.gauge(
      "gateway_database_connected",
      "Whether Postgres is there, its schema is known and keys are loaded.",
      () => Number(link().isConnected),
    );
    registry.gauge(
      "gateway_database_state_change_timestamp_seconds",
      "When the database last came or went, since 1970.",
      () => link().changedAt / 1000,
    );
    registry.counts("gateway_database_losses_total", "How often the database became unavailable.", [], () => [
      [[], link().losses],
    ]);
    registry.gauges(
      "gateway_schema_version",
      "Version of the database's schema; missing until it is known.",
      [],
      () => definedOnly(schema().version),
    );
    registry.gauge(
      "gateway_schema_version_known",
      "Version of the schema that this program makes and understands.",
      () => schema().known,
    );
    registry.gauge(
      "gateway_budget_store_circuit_open",
      "Whether requests that need a budget or a limit are refused without asking the database.",
      () => Number(isCircuitOpen()),
    );
    registry.gauge(
      "gateway_spend_deltas_pending",
      "Changes of daily spend that are still to be merged into it; responses include them already.",
      () => dailySpend().deltasPending,
    );
    registry.gauge(
      "gateway_spend_reconciliation_difference_nano_usd",
      "Difference between daily spend and audit rows at their last reconciliation.",
      () => dailySpend().differenceNanoUsd,
    );
    const each = (read: (pool: Pool) => number) => () =>
      [...this.#pools].map(([name, pool]) => [[name], read(pool)] as const);
    registry.gauges(
      "gateway_database_pool_connections",
      "Connections of a pool, by what they do.",
      ["pool", "state"],
      () =>
        [...this.#pools].flatMap(([name, { totalCount, idleCount }]) => [
          [[name, "in_use"], totalCount - idleCount] as const,
          [[name, "idle"], idleCount] as const,
        ]),
    );
    registry.gauges(
      "gateway_database_pool_connections_limit",
      "Connections that a pool may have.",
      ["pool"],
      each(({ options }) => options.max),
    );
    registry.gauges(
      "gateway_database_pool_waiting",
      "Statements that wait for a connection of a pool.",
      ["pool"],
      each(({ waitingCount }) => waitingCount),
    );
    this.#waits = registry.histogram(
      "gateway_database_pool_wait_seconds",
      "For how long a statement waited for a connection of a pool, connecting and giving up included.",
      ["pool"],
      WAIT_SECONDS,
    );
  }

  /** Shows what the connections of a pool do, and measures who waits for one. @param name a word; their number is fixed */
  watchPool(name: string, pool: Pool): void {
    this.#pools.set(name, pool);
    const connect = pool.connect.bind(pool);
    const observe = (since: number) => this.#waits.observe((performance.now() - since) / 1000, [name]);
    // `pool.query` takes its connection by the same function, with a callback.
    const measured = (done?: (error: Error | undefined, client: PoolClient, release: () => void) => void) => {
      const since = performance.now();
      if (done === undefined) return connect().finally(() => observe(since));
      connect((error, client, release) => {
        observe(since);
        done(error, client as PoolClient, release);
      });
    };
    pool.connect = measured as Pool["connect"];
  }
}

/** A series without labels, or none while its value is not known. */
function definedOnly(value: number | undefined): Sample[] {
  return value === undefined ? [] : [[[], value]];
}

/** What is written in groups: audit rows, and intents of requests with a budget. */
type CommitQueue = "rows" | "intents";

/** What can be read of a queue at any time. Times in milliseconds. */
interface QueueState {
  readonly queued: number;
  readonly taken: number;
  readonly capacity: number;
  readonly waitingMs: number;
}

/** What can be read of the journal at any time. */
interface JournalState {
  readonly bytes: number;
  readonly maxBytes: number;
  readonly rows: number;
  /** Milliseconds since 1970; `undefined`: it is empty. */
  readonly oldestAt: number | undefined;
}

/** How a replay of the journal went. */
interface ReplayOutcome {
  readonly rows: number;
  readonly ms: number;
  readonly isDone: boolean;
}

/** Up to a sync of a disk that is in trouble. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCH_ROWS = [1, 2, 5, 10, 25, 50, 100, 250, 500];

/** The way of audit rows and intents to a disk: queues, writes, the journal, and what was lost. */
export class AuditMetrics {
  readonly #queues = new Map<CommitQueue, QueueState>();
  readonly #durations: Histogram;
  readonly #batches: Histogram;
  readonly #failures: Counter;
  readonly #late: Counter;
  readonly #written: Counter;
  readonly #lost: Counter;
  readonly #replayed: Counter;
  #replay: (ReplayOutcome & { readonly at: number }) | undefined;

  constructor(readonly registry: MetricsRegistry) {
    const queue = ["queue"];
    const each = (read: (state: QueueState) => number) => () =>
      [...this.#queues].map(([name, state]) => [[name], read(state)] as const);
    registry.gauges(
      "gateway_commit_queue_rows",
      "Audit rows and intents that wait to be written, those of the write under way included.",
      queue,
      each(({ queued }) => queued),
    );
    registry.gauges(
      "gateway_commit_queue_oldest_age_seconds",
      "For how long the first of them has waited; 0 when none waits.",
      queue,
      each(({ waitingMs }) => waitingMs / 1000),
    );
    registry.gauge(
      "gateway_audit_rows_in_flight",
      "Audit rows that wait, and those that running requests will need.",
      () => this.#queues.get("rows")?.taken ?? 0,
    );
    registry.gauge(
      "gateway_audit_rows_limit",
      "Audit rows that may wait or be needed; with so many, requests are refused.",
      () => this.#queues.get("rows")?.capacity ?? 0,
    );
    this.#durations = registry.histogram(
      "gateway_commit_duration_seconds",
      "One write of a group of audit rows or intents, failed ones included.",
      queue,
      COMMIT_SECONDS,
    );
    this.#batches = registry.histogram(
      "gateway_commit_batch_rows",
      "Audit rows or intents that were written at once.",
      queue,
      BATCH_ROWS,
    );
    this.#failures = registry.counter(
      "gateway_commit_failures_total",
      "Group writes that failed and are retried.",
      queue,
    );
    this.#late = registry.counter(
      "gateway_commit_late_total",
      "Audit rows or intents that were not written while their request waited for them.",
      queue,
    );
    this.#written = registry.counter(
      "gateway_audit_rows_written_total",
      "Audit rows that are durable, by where they went first.",
      ["destination"],
    );
    this.#lost = registry.counter(
      "gateway_audit_rows_lost_total",
      "Audit rows that will never be in the database: it refuses them, or a file of the journal is damaged.",
      ["reason"],
    );
    this.#replayed = registry.counter(
      "gateway_journal_replayed_rows_total",
      "Audit rows that were taken from the journal to the database.",
    );
    for (const name of ["rows", "intents"] as const) {
      this.#failures.add(0, [name]);
      this.#late.add(0, [name]);
    }
    for (const destination of ["database", "journal"]) this.#written.add(0, [destination]);
    for (const reason of ["refused", "journal_damaged"]) this.#lost.add(0, [reason]);
    this.#replayed.add(0);
  }

  /** Shows a queue's state. */
  watchQueue(name: CommitQueue, state: QueueState): void {
    this.#queues.set(name, state);
  }

  /** What a queue tells of its writes. */
  observe(name: CommitQueue) {
    const values = [name];
    return {
      written: (rows: number, ms: number, isDone: boolean) => {
        this.#durations.observe(ms / 1000, values);
        this.#batches.observe(rows, values);
        if (!isDone) this.#failures.add(1, values);
      },
      late: () => this.#late.add(1, values),
    };
  }

  written(destination: "database" | "journal", rows: number): void {
    this.#written.add(rows, [destination]);
  }

  lost(reason: "refused" | "journal_damaged", rows: number): void {
    this.#lost.add(rows, [reason]);
  }

  /** Shows the journal's state, and how its last replay went. */
  watchJournal(state: JournalState): void {
    const { registry } = this;
    const last = (read: (replay: ReplayOutcome & { readonly at: number }) => number) => () =>
      this.#replay === undefined ? [] : [[[], read(this.#replay)] as const];
    registry.gauge(
      "gateway_journal_limit_bytes",
      "Size of the journal from which requests are refused.",
      () => state.maxBytes,
    );
    registry.gauge("gateway_journal_rows", "Audit rows not yet replayed.", () => state.rows);
    registry.gauge(
      "gateway_journal_oldest_row_age_seconds",
      "For how long the first row of the journal has been there; 0 when it is empty.",
      () => (state.oldestAt === undefined ? 0 : Math.max(0, Date.now() - state.oldestAt) / 1000),
    );
    registry.gauges(
      "gateway_journal_last_replay_timestamp_seconds",
      "When a replay of the journal last ended, since 1970; missing before the first.",
      [],
      last(({ at }) => at / 1000),
    );
    registry.gauges(
      "gateway_journal_last_replay_success",
      "Whether the last replay took everything to the database.",
      [],
      last(({ isDone }) => Number(isDone)),
    );
    registry.gauges(
      "gateway_journal_last_replay_rows",
      "Audit rows that the last replay took to the database.",
      [],
      last(({ rows }) => rows),
    );
    registry.gauges(
      "gateway_journal_last_replay_duration_seconds",
      "How long the last replay took.",
      [],
      last(({ ms }) => ms / 1000),
    );
  }

  replayed(outcome: ReplayOutcome): void {
    this.#replayed.add(outcome.rows);
    this.#replay = { ...outcome, at: Date.now() };
  }
}

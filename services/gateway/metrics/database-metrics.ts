import type { Pool, PoolClient } from "pg";
import type { MetricsRegistry, Sample } from "./registry";

/** What can be read of the connection that is kept open. */
export interface LinkState {
  readonly isConnected: boolean;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly losses: number;
}

/** Versions of the schema. */
export interface SchemaVersions {
  /** Of the database. `undefined`: not known yet. */
  readonly version: number | undefined;
  /** Of the newest migration of this program. */
  readonly known: number;
}

/** How the daily sums of spend are doing, as far as it was last seen. */
export interface DailySpendState {
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
    registry.counts("gateway_database_losses_total", "How often the database went away.", [], () => [
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
      "Changes of sums of days that are still to be added to them; answers count them already.",
      () => dailySpend().deltasPending,
    );
    registry.gauge(
      "gateway_spend_reconciliation_difference_nano_usd",
      "What sums of days and audit rows differed by at their last comparison.",
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

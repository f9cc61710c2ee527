import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../../shared/clock";
import { MetricsRegistry } from "../../../shared/metrics-registry";
import { type DatabaseAddress, openPool } from "../../../shared/postgres-connection";
import type { Durability, SchemaState } from "../database-state";
import { Journal, type JournalSettings } from "../journal/journal";
import { REPORTS_AT_ONCE } from "../spend-reader";
import { PostgresAdminTokenStore } from "./admin-token-store";
import { PostgresAuditLog } from "./audit-log";
import { AuditPartitions } from "./audit-partitions";
import { Maintenance } from "./background";
import { PostgresBudgetStore, Recalls } from "./budget-store";
import { CircuitBreaker, createDurabilityProbe, guardStatements } from "./circuit-breaker";
import { DatabaseClock } from "./database-clock";
import { FirstBudgets } from "./first-budgets";
import { HeartbeatThread } from "./heartbeat-thread";
import { PostgresKeyStore } from "./key-store";
import { IDLE_TRANSACTION_MS, KEEP_ALIVE_MS, type LinkUser, PostgresLink } from "./link";
import { AuditMetrics, DatabaseMetrics } from "./metrics";
import { PostgresNamedBudgetStore } from "./named-budget-store";
import { OnlineIndexes } from "./online-indexes";
import { PostgresQuotaStore } from "./quota-store";
import { Schema } from "./schema";
import { SpendReconciliation, SpendRollups } from "./spend-rollups";
import { PostgresSpendStore } from "./spend-store";
import { Sweep } from "./sweep";
import { PostgresUserStore } from "./user-store";

/** For leases and counts, which requests wait for. */
const LEASE_CONNECTIONS = 4;
/** The server ends a statement a little before the driver gives its connection up: then it is certain what came of it. In milliseconds. */
const STATEMENT_MARGIN_MS = 500;
/** For a statement about leases, counts or intents, and for a connection that it needs, in milliseconds: a request waits for it. */
const LEASE_MS = 2000;
/** Of a report, in milliseconds. */
const REPORT_LIMIT_MS = 10_000;
/** The server ends what takes too long; a connection whose server says nothing is given up a little later, in milliseconds. */
const REPORT_ANSWER_MS = REPORT_LIMIT_MS + 2000;
/**
 * A report has one process and little memory of the server: with a few of each it would take them from requests. It plans as if
 * nothing were compiled, which takes longer than most reports do.
 */
const REPORT_OPTIONS =
  "-c max_parallel_workers_per_gather=0 -c work_mem=16MB -c jit=off -c default_transaction_read_only=on";
/** Questions about single keys, users and budgets that run at the same time. */
const LOOKUP_CONNECTIONS = 2;

/** Settings of `openDatabase`. */
export interface DatabaseSettings {
  readonly address: DatabaseAddress;
  /** Of a replica, for reports. @default address */
  readonly readAddress?: DatabaseAddress;
  readonly logger: Logger;
  /** Connections beside the link's own. @default 5: one group commit at a time, and management calls */
  readonly poolSize?: number;
  /** How long audit rows are kept at least, in milliseconds. @default - for ever */
  readonly auditRetentionMs?: number;
  /** How long an answer waits for its audit row. @default 10000 ms */
  readonly auditTimeoutMs?: number;
  /** How long a request waits for what its budget has spent already to be added up. @default 4000 ms */
  readonly budgetWaitMs?: number;
  /** Where audit rows go while Postgres is away. @default - nowhere: requests are refused then */
  readonly journal?: (JournalSettings & { readonly maxOutageMs?: number }) | undefined;
  /** The program of `HeartbeatThread`. @default - only the main thread gives signs of life */
  readonly heartbeatFile?: string;
  /** Where it shows what it does. @default - nowhere */
  readonly metrics?: MetricsRegistry;
}

/** Everything that lives in Postgres. */
export interface Database {
  readonly keys: PostgresKeyStore;
  readonly users: PostgresUserStore;
  readonly namedBudgets: PostgresNamedBudgetStore;
  readonly adminTokens: PostgresAdminTokenStore;
  readonly spend: PostgresSpendStore;
  readonly audit: PostgresAuditLog;
  readonly budgets: PostgresBudgetStore;
  readonly quotas: PostgresQuotaStore;
  /** The database's time: what expires and which budget period it is must be the same for all gateways. */
  readonly clock: Clock;
  /** How far the schema is, and which index is being built while requests go on. */
  readonly schemaState: SchemaState;
  /** What could be made durable now, at most a second old. */
  readonly probe: () => Promise<Durability>;
  /** Whether requests that need leases or counts are refused without asking Postgres. */
  readonly isCircuitOpen: () => boolean;
  /** Waits until queued rows are durable, at most `flushMs`. @returns the rows that are not */
  flush(flushMs: number): Promise<number>;
  /** Writes what is queued within `flushMs`, then closes all connections. */
  close(flushMs: number): Promise<void>;
}

/**
 * Begins to connect, migrate and load the keys, and returns at once: Postgres may come later, or go and come back.
 * @throws ConfigError when the journal's directory cannot be used
 */
export function openDatabase({
  address,
  readAddress = address,
  logger,
  poolSize = 5,
  auditTimeoutMs,
  auditRetentionMs,
  budgetWaitMs,
  journal,
  heartbeatFile,
  metrics = new MetricsRegistry(),
}: DatabaseSettings): Database {
  const settings = {
    connectionTimeoutMillis: 3000,
    // A statement that hangs gives its connection up; the rows are sent again.
    query_timeout: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    application_name: "gateway",
  };
  const connection = { ...settings, address };
  const onLost = (error: Error) => logger.debug({ err: error }, "idle database connection lost");
  const statement_timeout = settings.query_timeout - STATEMENT_MARGIN_MS;
  const pool = openPool({ ...connection, max: poolSize, statement_timeout }, onLost);
  const short = {
    ...connection,
    connectionTimeoutMillis: LEASE_MS,
    query_timeout: LEASE_MS,
    statement_timeout: LEASE_MS - STATEMENT_MARGIN_MS,
  };
  const leasePool = openPool({ ...short, max: LEASE_CONNECTIONS }, onLost);
  const unsyncedPool = openPool({ ...short, max: 1, options: "-c synchronous_commit=off" }, onLost);
  // Reports may take long. They have connections of their own, so that neither an audit row nor a question about one key
  // waits for one, and the server ends them too when their time is over.
  const reports = openPool(
    {
      ...settings,
      address: readAddress,
      max: REPORTS_AT_ONCE,
      query_timeout: REPORT_ANSWER_MS,
      statement_timeout: REPORT_LIMIT_MS,
      options: REPORT_OPTIONS,
    },
    onLost,
  );
  const lookups = openPool({ ...connection, max: LOOKUP_CONNECTIONS, statement_timeout: 5000 }, onLost);
  const measured = new DatabaseMetrics(metrics, {
    link: () => link,
    schema: () => schema.state,
    isCircuitOpen: () => leases.isOpen || quotas.isOpen,
    dailySpend: () => ({
      deltasPending: rollups.deltasPending,
      differenceNanoUsd: reconciliation.differenceNanoUsd,
    }),
  });
  measured.watchPool("main", pool);
  measured.watchPool("leases", leasePool);
  measured.watchPool("intents", unsyncedPool);
  measured.watchPool("reports", reports);
  measured.watchPool("lookups", lookups);
  const firstBudgets = new FirstBudgets({
    connection,
    logger,
    onPool: (one) => measured.watchPool("first_budgets", one),
    ...(budgetWaitMs === undefined ? {} : { waitMs: budgetWaitMs }),
  });

  const keys = new PostgresKeyStore(pool, logger);
  const users = new PostgresUserStore(pool, logger);
  const namedBudgets = new PostgresNamedBudgetStore(pool, logger);
  const adminTokens = new PostgresAdminTokenStore(pool, logger);
  const audit = new PostgresAuditLog({
    pool,
    intentPool: unsyncedPool,
    logger,
    isConnected: () => link.isConnected,
    journal: journal === undefined ? undefined : new Journal(journal),
    maxOutageMs: journal?.maxOutageMs,
    metrics: new AuditMetrics(metrics),
    ...(auditTimeoutMs === undefined ? {} : { timeoutMs: auditTimeoutMs }),
  });
  const recalls = new Recalls(unsyncedPool);
  const schema = new Schema({ address, logger });
  const partitions = new AuditPartitions({
    logger,
    ...(auditRetentionMs === undefined ? {} : { retentionMs: auditRetentionMs }),
  });
  const rollups = new SpendRollups({ clock: monotonicClock, logger });
  const reconciliation = new SpendReconciliation({ clock: monotonicClock, logger });
  const maintenance = new Maintenance({
    address,
    logger,
    tasks: [partitions, rollups, reconciliation, new Sweep({ clock: monotonicClock, logger })],
  });
  const indexes = new OnlineIndexes({ address, logger });
  // On another connection than the rest, which would wait for it.
  const indexing = new Maintenance({
    address,
    logger,
    tasks: [indexes],
    application: "gateway-indexing",
    isUnlimited: true,
  });
  const clock = new DatabaseClock({ logger });
  const connections: LinkUser = {
    // What broke the link may have broken them, without a word: each would be found out by a statement that waits for its time limit.
    onConnect: async () => {
      for (const one of [pool, leasePool, reports, lookups, unsyncedPool]) dropIdle(one);
    },
  };
  const link: PostgresLink = new PostgresLink({
    address,
    logger,
    users: [
      clock,
      connections,
      schema,
      keys.table,
      users.table,
      namedBudgets.table,
      adminTokens.table,
      audit.linkUser,
      recalls,
      maintenance,
      indexing,
    ],
  });
  link.start();
  const heartbeats =
    heartbeatFile === undefined ? undefined : new HeartbeatThread({ file: heartbeatFile, address, logger });
  heartbeats?.start();

  const leases = new CircuitBreaker({ name: "budgets", logger });
  const quotas = new CircuitBreaker({ name: "limits", logger });
  const probe = createDurabilityProbe({
    gateway: randomUUID(),
    isConnected: () => link.isConnected,
    audit,
    pool,
    rows: audit.watch,
    leasePool,
    leases,
    quotas,
  });
  return {
    keys,
    users,
    namedBudgets,
    adminTokens,
    spend: new PostgresSpendStore(lookups, reports),
    audit,
    budgets: new PostgresBudgetStore({
      pool: guardStatements({ breaker: leases, statements: leasePool, others: pool }),
      unsyncedPool,
      firstBudgets,
      recalls,
      thread: heartbeats,
      lookups,
    }),
    quotas: new PostgresQuotaStore(guardStatements({ breaker: quotas, statements: leasePool, others: pool })),
    clock,
    get schemaState() {
      return { ...schema.state, building: indexes.building };
    },
    probe,
    isCircuitOpen: () => leases.isOpen || quotas.isOpen,
    flush: (flushMs) => audit.flush(flushMs),
    async close(flushMs) {
      const lost = await audit.flush(flushMs);
      if (lost > 0)
        logger.error({ rows: lost }, "audit rows lost: the database did not recover before shutdown");
      await heartbeats?.stop();
      await link.stop();
      await Promise.all([schema, maintenance, indexing].map((one) => one.stop()));
      await audit.stop();
      await Promise.all(
        [pool, leasePool, reports, lookups, unsyncedPool, firstBudgets].map((one) =>
          one.end().catch(() => {}),
        ),
      );
    },
  };
}

/** Closes connections that nobody uses at the moment. */
function dropIdle(pool: Pool): void {
  for (let idle = pool.idleCount; idle > 0; idle -= 1)
    void pool.connect().then(
      (client) => client.release(true),
      () => {},
    );
}

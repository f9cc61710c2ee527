import type { Pool } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../ports/clock";
import { Journal, type JournalSettings } from "../journal/journal";
import { PostgresAdminTokenStore } from "./admin-token-store";
import { PostgresAuditLog } from "./audit-log";
import { AuditPartitions } from "./audit-partitions";
import { PostgresBudgetStore } from "./budget-store";
import { DatabaseClock } from "./database-clock";
import { FirstBudgets } from "./first-budgets";
import { HeartbeatThread } from "./heartbeat-thread";
import { PostgresKeyStore } from "./key-store";
import { IDLE_TRANSACTION_MS, KEEP_ALIVE_MS, type LinkUser, PostgresLink } from "./link";
import { Maintenance } from "./maintenance";
import { migrate } from "./migrate";
import { PostgresNamedBudgetStore } from "./named-budget-store";
import { openPool } from "./open-pool";
import { createDatabaseProbe } from "./probe";
import { PostgresQuotaStore } from "./quota-store";
import { Recalls } from "./recalls";
import { PostgresSpendStore } from "./spend-store";
import { Sweep } from "./sweep";
import { PostgresUserStore } from "./user-store";

/** Questions about spend that run at the same time. */
const REPORT_CONNECTIONS = 2;

/** Settings of `openDatabase`. */
export interface DatabaseSettings {
  readonly connectionString: string;
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
  /** A real sign of life, at most a second old. */
  readonly probe: () => Promise<boolean>;
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
  connectionString,
  logger,
  poolSize = 5,
  auditTimeoutMs,
  auditRetentionMs,
  budgetWaitMs,
  journal,
  heartbeatFile,
}: DatabaseSettings): Database {
  const connection = {
    connectionString,
    connectionTimeoutMillis: 3000,
    // A statement that hangs gives its connection up; the rows are sent again.
    query_timeout: 5000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    application_name: "gateway",
  };
  const onLost = (error: Error) => logger.debug({ err: error }, "idle database connection lost");
  const pool = openPool({ ...connection, max: poolSize }, onLost);
  const unsyncedPool = openPool({ ...connection, max: 1, options: "-c synchronous_commit=off" }, onLost);
  // Questions about spend may take long. They have connections of their own, so that no audit row waits for one,
  // and the server ends them too when their time is over.
  const reports = openPool({ ...connection, max: REPORT_CONNECTIONS, statement_timeout: 5000 }, onLost);
  const firstBudgets = new FirstBudgets({
    connection,
    logger,
    ...(budgetWaitMs === undefined ? {} : { waitMs: budgetWaitMs }),
  });

  const keys = new PostgresKeyStore(pool);
  const users = new PostgresUserStore(pool);
  const namedBudgets = new PostgresNamedBudgetStore(pool);
  const adminTokens = new PostgresAdminTokenStore(pool);
  const audit = new PostgresAuditLog({
    pool,
    intentPool: unsyncedPool,
    logger,
    isConnected: () => link.isConnected,
    journal: journal === undefined ? undefined : new Journal(journal),
    maxOutageMs: journal?.maxOutageMs,
    ...(auditTimeoutMs === undefined ? {} : { timeoutMs: auditTimeoutMs }),
  });
  const recalls = new Recalls(unsyncedPool);
  const schema = {
    onConnect: async (client: Parameters<typeof migrate>[0]) => {
      const versions = await migrate(client);
      if (versions.length > 0) logger.info({ versions }, "database schema migrated");
    },
  };
  const partitions = new AuditPartitions({
    logger,
    ...(auditRetentionMs === undefined ? {} : { retentionMs: auditRetentionMs }),
  });
  const maintenance = new Maintenance({
    connectionString,
    logger,
    tasks: [partitions, new Sweep({ clock: monotonicClock, logger })],
  });
  const clock = new DatabaseClock({ logger });
  const connections: LinkUser = {
    // What broke the link may have broken them, without a word: each would be found out by a statement that waits for its time limit.
    onConnect: async () => {
      for (const one of [pool, reports, unsyncedPool]) dropIdle(one);
    },
  };
  const link: PostgresLink = new PostgresLink({
    connectionString,
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
    ],
  });
  link.start();
  const heartbeats =
    heartbeatFile === undefined
      ? undefined
      : new HeartbeatThread({ file: heartbeatFile, connectionString, logger });
  heartbeats?.start();

  const probe = createDatabaseProbe(pool);
  return {
    keys,
    users,
    namedBudgets,
    adminTokens,
    spend: new PostgresSpendStore(reports),
    audit,
    budgets: new PostgresBudgetStore({ pool, unsyncedPool, firstBudgets, recalls, thread: heartbeats }),
    quotas: new PostgresQuotaStore(pool),
    clock,
    probe: async () => link.isConnected && (await probe()),
    flush: (flushMs) => audit.flush(flushMs),
    async close(flushMs) {
      const lost = await audit.flush(flushMs);
      if (lost > 0)
        logger.error({ rows: lost }, "audit rows lost: the database did not come back before the end");
      await heartbeats?.stop();
      await link.stop();
      await maintenance.stop();
      await audit.stop();
      await Promise.all([pool, reports, unsyncedPool, firstBudgets].map((one) => one.end().catch(() => {})));
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

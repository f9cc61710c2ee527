import { Client, type ClientBase } from "pg";
import type { Logger } from "pino";
import { monotonicClock } from "../../../shared/clock";
import { connectTo, type DatabaseAddress, openClient } from "../../../shared/postgres-connection";
import type { SchemaWork } from "../database-state";
import { IDLE_TRANSACTION_MS, KEEP_ALIVE_MS, type LinkUser } from "./link";

/** Work on the tables that no request waits for. */
export interface MaintenanceTask {
  readonly isDue: boolean;
  /** One step. Afterwards it is due later, or at once when there is more. @throws what may be tried again */
  run(client: ClientBase): Promise<void>;
}

/** Settings of `Maintenance`. */
interface MaintenanceSettings {
  readonly address: DatabaseAddress;
  readonly tasks: readonly MaintenanceTask[];
  readonly logger: Pick<Logger, "warn">;
  /** As `pg_stat_activity` calls its connection. @default gateway-maintenance */
  readonly application?: string;
  /** Whether a statement may take hours. @default false: none takes longer than a minute */
  readonly isUnlimited?: boolean;
}

/** Longest statement; its tasks have shorter limits of their own, in milliseconds. */
const QUERY_TIMEOUT_MS = 60_000;
/** After a failure of the connection, in milliseconds. */
const PAUSE_MS = 10_000;

/**
 * Runs due maintenance on a connection opened for it: so it neither holds up what the link carries nor can it keep
 * the gateway from being connected, however long it takes and whatever comes of it.
 */
export class Maintenance implements LinkUser {
  readonly #settings: MaintenanceSettings;
  #client: Client | undefined;
  #pausedUntil = 0;

  constructor(settings: MaintenanceSettings) {
    this.#settings = settings;
  }

  onReady(): void {
    this.#pausedUntil = 0;
    this.#runWhenDue();
  }

  async onPoll(): Promise<void> {
    this.#runWhenDue();
  }

  /** Ends at once, in the middle of a statement if need be; every step is a transaction, or can be begun anew. */
  async stop(): Promise<void> {
    this.#pausedUntil = Number.POSITIVE_INFINITY;
    await this.#client?.end().catch(() => {});
  }

  #runWhenDue(): void {
    const isDue = this.#settings.tasks.some((task) => task.isDue);
    if (!isDue || this.#client !== undefined || monotonicClock.now() < this.#pausedUntil) return;
    void this.#run().catch((error: unknown) => {
      this.#pausedUntil = Math.max(this.#pausedUntil, monotonicClock.now() + PAUSE_MS);
      this.#settings.logger.warn({ err: error }, "database maintenance failed, retrying");
    });
  }

  async #run(): Promise<void> {
    const { address, application = "gateway-maintenance", isUnlimited = false } = this.#settings;
    const client = createBackgroundClient({
      address,
      application,
      queryTimeoutMs: isUnlimited ? undefined : QUERY_TIMEOUT_MS,
    });
    this.#client = client;
    try {
      await openClient(client, address);
      if (isUnlimited) await liftTimeLimits(client);
      for (const task of this.#settings.tasks)
        while (task.isDue && monotonicClock.now() >= this.#pausedUntil) await task.run(client);
    } finally {
      await client.end().catch(() => {});
      this.#client = undefined;
    }
  }
}

/** How often the server looks whether the client of a long statement is still there. */
const CHECK_INTERVAL = "10s";

/** Settings of `createBackgroundClient`. */
interface BackgroundClientSettings {
  readonly address: DatabaseAddress;
  /** As `pg_stat_activity` calls it. */
  readonly application: string;
  /** Longest statement, in milliseconds. @default - none; see `liftTimeLimits` */
  readonly queryTimeoutMs?: number | undefined;
}

/**
 * A connection for work that no request waits for, not yet open. A server that has gone without a word is found out by the system
 * within seconds; so is a client that stops in the middle of a transaction.
 */
export function createBackgroundClient(settings: BackgroundClientSettings): Client {
  const { address, application, queryTimeoutMs } = settings;
  const client = new Client({
    connectionTimeoutMillis: 5000,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    application_name: application,
    ...connectTo(address),
  });
  // Without a listener a lost connection would end the process; the statement that runs fails by itself.
  client.on("error", () => {});
  return client;
}

/**
 * Lets statements take hours, also where the role or the database has limits; the server ends them all the same soon after their client
 * has gone.
 */
export async function liftTimeLimits(client: ClientBase): Promise<void> {
  await client.query(
    `SELECT set_config(name, '0', false) FROM pg_settings
      WHERE name IN ('statement_timeout', 'transaction_timeout', 'idle_session_timeout', 'lock_timeout')`,
  );
  // Not every system of a server can tell.
  await client.query(`SET client_connection_check_interval = '${CHECK_INTERVAL}'`).catch(() => {});
}

const INTERVAL_MS = 10_000;

/** What the server says of a statement that takes long. What it does not know is `null`. */
interface BackendSight {
  /** Of an index that is built. */
  readonly phase: string | null;
  /** Of that phase. */
  readonly percent: number | null;
  /** Transactions that it waits for. */
  readonly waitsFor:
    | readonly { readonly pid: number; readonly application: string; readonly seconds: number | null }[]
    | null;
}

/** Settings of `BackendWatch`. */
interface BackendWatchSettings {
  readonly address: DatabaseAddress;
  /** What is being done at the moment; nothing is said while there is none. */
  readonly work: () => SchemaWork | undefined;
  readonly logger: Pick<Logger, "info">;
  /** Of the log, such as `still building an index`. */
  readonly message: string;
  /** @default 10000 ms */
  readonly intervalMs?: number;
}

/** Tells in the log, by looking on connections of its own, how work on another connection gets on that may take hours. */
export class BackendWatch {
  readonly #settings: BackendWatchSettings;
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  private constructor(pid: number, settings: BackendWatchSettings) {
    this.#pid = pid;
    this.#settings = settings;
    this.#timer = setInterval(() => void this.#look(), settings.intervalMs ?? INTERVAL_MS);
    this.#timer.unref();
  }

  /** @param client the connection that works */
  static async start(client: ClientBase, settings: BackendWatchSettings): Promise<BackendWatch> {
    const { rows } = await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return new BackendWatch(rows[0]?.pid ?? 0, settings);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { address } = this.#settings;
    const client = createBackgroundClient({
      address,
      application: "gateway-watch",
      queryTimeoutMs: INTERVAL_MS,
    });
    try {
      await openClient(client, address);
      const { rows } = await client.query<BackendSight>(LOOK, [this.#pid]);
      if (rows[0] !== undefined) this.#tell(rows[0]);
    } catch {
      // Nothing to see; who works finds out by itself whether the server is there.
    } finally {
      this.#isLooking = false;
      await client.end().catch(() => {});
    }
  }

  #tell(sight: BackendSight): void {
    const { work, logger, message } = this.#settings;
    const current = work();
    if (current === undefined) return;
    const seconds = Math.round((Date.now() - current.since.getTime()) / 1000);
    logger.info({ step: current.step, seconds, ...sight }, message);
  }
}

const LOOK = `
  SELECT p.phase,
         CASE WHEN p.blocks_total > 0 THEN (100 * p.blocks_done / p.blocks_total)::int END AS percent,
         (SELECT json_agg(json_build_object('pid', b.pid, 'application', b.application_name,
                   'seconds', round(extract(epoch FROM clock_timestamp() - b.xact_start))))
            FROM pg_stat_activity b
           WHERE b.pid = ANY (pg_blocking_pids($1)) OR b.pid = p.current_locker_pid) AS "waitsFor"
    FROM (SELECT) AS one LEFT JOIN pg_stat_progress_create_index p ON p.pid = $1`;

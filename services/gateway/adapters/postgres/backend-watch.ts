import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { SchemaWork } from "../../ports/schema-state";
import { type DatabaseAddress, openClient } from "./address";
import { createBackgroundClient } from "./background-client";

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
export interface BackendWatchSettings {
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

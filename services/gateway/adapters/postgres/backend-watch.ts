import { createBackgroundClient } from "./background-client";

const INTERVAL_MS = 10_000;

/** What the server says of a statement that takes long. What it does not know is `null`. */
export interface BackendSight {
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
  readonly connectionString: string;
  /** The backend that works. */
  readonly pid: number;
  onSight(sight: BackendSight): void;
  /** @default 10000 ms */
  readonly intervalMs?: number;
}

/** Looks, on connections of its own, how a long statement gets on. */
export class BackendWatch {
  readonly #settings: BackendWatchSettings;
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(settings: BackendWatchSettings) {
    this.#settings = settings;
    this.#timer = setInterval(() => void this.#look(), settings.intervalMs ?? INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { connectionString, pid, onSight } = this.#settings;
    const client = createBackgroundClient({
      connectionString,
      application: "gateway-watch",
      queryTimeoutMs: INTERVAL_MS,
    });
    try {
      await client.connect();
      const { rows } = await client.query<BackendSight>(LOOK, [pid]);
      if (rows[0] !== undefined) onSight(rows[0]);
    } catch {
      // Nothing to see; who works finds out by itself whether the server is there.
    } finally {
      this.#isLooking = false;
      await client.end().catch(() => {});
    }
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

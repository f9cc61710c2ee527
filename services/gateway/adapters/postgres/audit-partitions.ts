import type { ClientBase } from "pg";
import type { Logger } from "pino";
import type { Clock } from "../../ports/clock";
import type { LinkUser } from "./link";

/** Any number, the same in every replica: only one of them works on the partitions at a time. */
const PARTITION_LOCK = 7_205_319;
/** Partitions made before their month begins. */
const MONTHS_AHEAD = 2;
const INTERVAL_MS = 3_600_000;

/** Settings of `AuditPartitions`. */
export interface AuditPartitionsSettings {
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
  /** How long rows are kept at least. A month goes when all of it is older. @default - for ever */
  readonly retentionMs?: number;
}

/**
 * Keeps one partition of `audit_log` per calendar month (UTC): makes the coming ones and drops those that
 * are past their time, which costs nothing however many rows they hold. Runs on each connection and once an hour.
 */
export class AuditPartitions implements LinkUser {
  readonly #settings: AuditPartitionsSettings;
  #nextRun = 0;

  constructor(settings: AuditPartitionsSettings) {
    this.#settings = settings;
  }

  async onConnect(client: ClientBase): Promise<void> {
    await this.#run(client);
  }

  async onPoll(client: ClientBase): Promise<void> {
    if (this.#settings.clock.now() >= this.#nextRun) await this.#run(client);
  }

  async #run(client: ClientBase): Promise<void> {
    const { clock, logger, retentionMs } = this.#settings;
    const now = clock.now();
    this.#nextRun = now + INTERVAL_MS;
    await client.query("BEGIN");
    try {
      await client.query("SELECT pg_advisory_xact_lock($1)", [PARTITION_LOCK]);
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead += 1)
        await makePartition(client, monthOf(new Date(now), ahead));
      const dropped = retentionMs === undefined ? [] : await dropBefore(client, new Date(now - retentionMs));
      await client.query("COMMIT");
      if (dropped.length > 0) logger.info({ partitions: dropped }, "audit rows past their retention dropped");
    } catch (error) {
      await client.query("ROLLBACK").catch(() => {});
      throw error;
    }
  }
}

/** First moment of the month `ahead` months after the one of `date`, UTC. */
function monthOf(date: Date, ahead: number): Date {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + ahead, 1));
}

/** The name holds the month; it and the bounds are made of digits, so nothing needs quoting. */
async function makePartition(client: ClientBase, month: Date): Promise<void> {
  const [from, to] = [month, monthOf(month, 1)].map((date) => date.toISOString());
  const name = `audit_log_${month.toISOString().slice(0, 7).replace("-", "_")}`;
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF audit_log FOR VALUES FROM ('${from}') TO ('${to}')`,
  );
}

async function dropBefore(client: ClientBase, cutoff: Date): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT child.relname AS name FROM pg_inherits
       JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = 'audit_log'::regclass ORDER BY 1`,
  );
  const old = rows.map(({ name }) => name).filter((name) => endOf(name) <= cutoff.getTime());
  for (const name of old) await client.query(`DROP TABLE ${name}`);
  // Rows outside every month: a clock that was far off.
  await client.query("DELETE FROM audit_log_other WHERE started_at < $1", [cutoff]);
  return old;
}

/** End of a partition's month; never, for a table that is not one. */
function endOf(name: string): number {
  const match = /^audit_log_(\d{4})_(\d{2})$/.exec(name);
  return match === null ? Number.POSITIVE_INFINITY : Date.UTC(Number(match[1]), Number(match[2]), 1);
}

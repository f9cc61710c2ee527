import type { ClientBase, Pool } from "pg";
import { monotonicClock } from "../../ports/clock";
import { ADVISORY_LOCKS } from "./advisory-locks";
import type { LinkUser } from "./link";
import { retryConflicts } from "./retry-conflicts";

/** A table whose rows every replica holds in memory. Its sequence is `<name>_version`, its channel its name. */
export type ReplicatedTableName = "virtual_keys" | "users" | "named_budgets" | "admin_tokens";

/** Rows that are read at once: the event loop turns between two slices. */
const SLICE_ROWS = 500;
/** How long a poll goes on reading, in milliseconds; what is left comes with the next one. The link gives a poll three seconds. */
const POLL_MS = 1000;

/** What every row of such a table has. */
export interface ReplicatedRow {
  readonly version: string;
  readonly deleted_at: Date | null;
}

/** Settings of `ReplicatedTable`. */
export interface ReplicatedTableSettings<Row> {
  readonly pool: Pool;
  readonly name: ReplicatedTableName;
  readonly idOf: (row: Row) => string;
  /** Takes a row into memory, or out of it when it is deleted. */
  readonly apply: (row: Row) => void;
}

/**
 * A change here is seen at once; a change by another replica arrives by NOTIFY, or by the poll when the message
 * was lost. When Postgres is away, what was last known stays in force.
 */
export class ReplicatedTable<Row extends ReplicatedRow> implements LinkUser {
  readonly channel: string;
  /** Version of each row in memory: whichever way a state comes, an older one never takes the place of a newer one. */
  readonly #applied = new Map<string, number>();
  readonly #settings: ReplicatedTableSettings<Row>;
  #version = 0;
  #isReady = false;

  constructor(settings: ReplicatedTableSettings<Row>) {
    this.#settings = settings;
    this.channel = settings.name;
  }

  /** Whether the rows were read at least once. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Runs `work` in a transaction that no other change of this table overlaps. It may run again, in another one,
   * when somebody else was in its way. @returns the rows it gave, now in memory
   */
  change(work: (client: ClientBase) => Promise<Row[]>): Promise<Row[]> {
    return retryConflicts(() => this.#change(work));
  }

  async #change(work: (client: ClientBase) => Promise<Row[]>): Promise<Row[]> {
    const { pool, name } = this.#settings;
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      // Changes are rare; one at a time means that versions become visible in the order of their numbers.
      await client.query("SELECT pg_advisory_xact_lock($1)", [ADVISORY_LOCKS[name]]);
      const rows = await work(client);
      await client.query(`NOTIFY ${name}`);
      await client.query("COMMIT");
      for (const row of rows) this.#apply(row);
      return rows;
    } catch (error) {
      await client.query("ROLLBACK").catch((failure: Error) => {
        broken = failure;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async onConnect(client: ClientBase): Promise<void> {
    while (await this.#readSlice(client));
    this.#isReady = true;
  }

  onPoll(client: ClientBase): Promise<void> {
    return this.#catchUp(client);
  }

  onNotification(client: ClientBase): Promise<void> {
    return this.#catchUp(client);
  }

  async #catchUp(client: ClientBase): Promise<void> {
    const begun = monotonicClock.now();
    while ((await this.#readSlice(client)) && monotonicClock.now() - begun < POLL_MS);
  }

  /** Reads the next of what is newer than what is known; at the start that is everything. @returns whether there may be more */
  async #readSlice(client: ClientBase): Promise<boolean> {
    const { name } = this.#settings;
    const { rows } = await client.query<Row>(
      `SELECT * FROM ${name} WHERE version > $1 ORDER BY version LIMIT ${SLICE_ROWS}`,
      [this.#version],
    );
    for (const row of rows) {
      this.#version = Number(row.version);
      this.#apply(row);
    }
    return rows.length === SLICE_ROWS;
  }

  #apply(row: Row): void {
    const id = this.#settings.idOf(row);
    const version = Number(row.version);
    if (version < (this.#applied.get(id) ?? 0)) return;
    this.#applied.set(id, version);
    this.#settings.apply(row);
  }
}

import type { ClientBase, Pool } from "pg";
import { monotonicClock } from "../../../shared/clock";
import { StoreUnavailableError } from "../key-store";
import { retryConflicts, toStoreError } from "./errors";
import type { LinkUser } from "./link";
import { ADVISORY_LOCKS } from "./locks";
import { type Columns, setClause } from "./sql";

/** A table whose rows every replica holds in memory. Its sequence is `<name>_version`, its channel its name. */
type ReplicatedTableName = "virtual_keys" | "users" | "named_budgets" | "admin_tokens";

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
interface ReplicatedTableSettings<Row> {
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

/** What is particular to one kind of records. */
interface ReplicatedRecordsSettings<Row, Item, Fields> {
  readonly pool: Pool;
  /** A table with the columns of `AuthorshipRow` beside its own. */
  readonly name: ReplicatedTableName;
  /** Its primary key: an id that whoever makes the record chooses. */
  readonly idColumn: keyof Row & string;
  /** Columns of what may be set. */
  readonly columns: Columns<Fields>;
  readonly toItem: (row: Row) => Item;
  /** What to throw when a record is refused because there is another like it; `undefined`: that is not why. */
  readonly takenBy: (error: unknown, id: string) => Error | undefined;
}

/**
 * Records that every replica holds in memory under their ids, Postgres behind. Changes are durable when their promise
 * resolves, and throw what `takenBy` gives, ValueRefusedError or StoreUnavailableError.
 */
export class ReplicatedRecords<Row extends ReplicatedRow, Item, Fields extends object> {
  /** For the link, which carries the changes of other replicas. */
  readonly table: ReplicatedTable<Row>;
  readonly #settings: ReplicatedRecordsSettings<Row, Item, Fields>;
  readonly #items = new Map<string, Item>();

  constructor(settings: ReplicatedRecordsSettings<Row, Item, Fields>) {
    const { pool, name, idColumn, toItem } = settings;
    const idOf = (row: Row) => String(row[idColumn]);
    this.#settings = settings;
    this.table = new ReplicatedTable({
      pool,
      name,
      idOf,
      apply: (row) => {
        if (row.deleted_at === null) this.#items.set(idOf(row), toItem(row));
        else this.#items.delete(idOf(row));
      },
    });
  }

  get(id: string): Item | undefined {
    return this.#items.get(id);
  }

  /** Every record, in no particular order. */
  all(): Iterable<Item> {
    return this.#items.values();
  }

  /** Makes a record with these fields. */
  create(id: string, createdBy: string, fields: Fields): Promise<Item> {
    return this.#changeOne(id, async (client) => {
      await this.#insert(client, id, createdBy, "");
      return this.#set(client, id, createdBy, fields);
    });
  }

  /** Changes the record, or makes one with these fields. */
  upsert(id: string, changedBy: string, fields: Fields): Promise<Item> {
    return this.#changeOne(id, async (client) => {
      await this.#insert(client, id, changedBy, "ON CONFLICT DO NOTHING");
      return this.#set(client, id, changedBy, fields);
    });
  }

  /** @returns `undefined` when there is no such record */
  async update(id: string, updatedBy: string, fields: Fields): Promise<Item | undefined> {
    const [item] = await this.#change(id, (client) => this.#set(client, id, updatedBy, fields));
    return item;
  }

  /** Deletes what exists of these. @returns the deleted records */
  delete(ids: readonly string[]): Promise<readonly Item[]> {
    const { name, idColumn } = this.#settings;
    const sql = `
      UPDATE ${name} SET deleted_at = now(), updated_at = now(), version = nextval('${name}_version')
       WHERE ${idColumn} = ANY($1::text[]) AND deleted_at IS NULL RETURNING *`;
    return this.#change("", async (client) => (await client.query<Row>(sql, [ids])).rows);
  }

  /** An empty row; that of a deleted record with this id gives way. */
  async #insert(client: ClientBase, id: string, createdBy: string, onConflict: string): Promise<void> {
    const { name, idColumn } = this.#settings;
    await client.query(`DELETE FROM ${name} WHERE ${idColumn} = $1 AND deleted_at IS NOT NULL`, [id]);
    await client.query(
      `INSERT INTO ${name} (${idColumn}, created_by, updated_by, version) VALUES ($1, $2, $2, 0) ${onConflict}`,
      [id, createdBy],
    );
  }

  async #set(client: ClientBase, id: string, updatedBy: string, fields: Fields): Promise<Row[]> {
    const { name, idColumn, columns } = this.#settings;
    const { assignments, values } = setClause(columns, fields, 3);
    const { rows } = await client.query<Row>(
      `UPDATE ${name}
          SET updated_by = $2, updated_at = now(), version = nextval('${name}_version')
              ${assignments === "" ? "" : `, ${assignments}`}
        WHERE ${idColumn} = $1 AND deleted_at IS NULL RETURNING *`,
      [id, updatedBy, ...values],
    );
    return rows;
  }

  async #changeOne(id: string, work: (client: ClientBase) => Promise<Row[]>): Promise<Item> {
    const [item] = await this.#change(id, work);
    if (item === undefined) throw new StoreUnavailableError(`${this.#settings.name}: no row came back`);
    return item;
  }

  async #change(id: string, work: (client: ClientBase) => Promise<Row[]>): Promise<readonly Item[]> {
    const { name, toItem, takenBy } = this.#settings;
    try {
      return (await this.table.change(work)).map(toItem);
    } catch (error) {
      throw takenBy(error, id) ?? toStoreError(`${name} not changed`, error);
    }
  }
}

import type { ClientBase, Pool } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../../shared/clock";
import { StoreUnavailableError } from "../key-store";
import { retryConflicts, toStoreError } from "./errors";
import type { LinkUser } from "./link";
import { ADVISORY_LOCKS } from "./locks";
import { type Columns, setClause } from "./sql";

/** A table whose rows every replica holds in memory. Its sequence is `<name>_version`, its channel its name. */
type ReplicatedTableName = "virtual_keys" | "users" | "named_budgets" | "admin_tokens";

/** Rows that are read at once: the event loop turns between two slices. */
const SLICE_ROWS = 500;
/** How long a poll reads, in milliseconds; the next poll continues from there. The link allows three seconds for the polls of all tables. */
const POLL_MS = 600;
/** Between two comparisons of all rows in memory with the table, in milliseconds. */
const COMPARE_INTERVAL_MS = 30_000;

/** What every row of such a table has. */
export interface ReplicatedRow {
  readonly version: string;
  readonly deleted_at: Date | null;
}

/** Settings of `ReplicatedTable`. */
interface ReplicatedTableSettings<Row> {
  readonly pool: Pool;
  readonly name: ReplicatedTableName;
  readonly idColumn: keyof Row & string;
  /** Takes a row that is not deleted into memory, in the place of its former state. */
  readonly put: (row: Row) => void;
  /** Takes the row with this id, if there is one, out of memory. */
  readonly remove: (id: string) => void;
  readonly logger?: Pick<Logger, "warn"> | undefined;
  readonly clock?: Clock;
}

/** How far a reading in the order of versions has come. */
interface Position {
  readonly version: number;
  readonly id: string | null;
}

const BEGINNING: Position = { version: 0, id: null };

/** A reading of the whole table, at whose end memory holds what the table holds and nothing else. */
interface FullRead {
  position: Position;
  readonly seen: Set<string>;
  /** Versions of the rows that this process changed or made meanwhile: what was read of them may be older. */
  readonly changed: Map<string, number>;
  /** Whether memory is known to be wrong: then each poll reads for as long as it may instead of one slice. */
  readonly isUrgent: boolean;
}

/** What tells that the rows are not those that were read before: another table, other files, or a sequence that went back. */
interface TableIdentity {
  readonly storage: string;
  readonly lastVersion: number;
}

/**
 * The rows of a table in memory. A change by this process is seen at once; a change by another replica arrives by NOTIFY,
 * or by the poll when the message was lost. When Postgres is away, what was last known stays in force.
 *
 * Reading what has a newer version than what is known is enough only as long as the table is the same one and goes forward. After a
 * restore, or on an empty volume, it is not. So the whole is read on every new connection, when the table's identity is another or its
 * versions went back, and now and then for what neither shows, such as rows deleted by hand. See decision record 0076.
 */
export class ReplicatedTable<Row extends ReplicatedRow> implements LinkUser {
  readonly channel: string;
  /** Version of each row that is known, deleted ones too: whichever way a state comes, an older one never takes the place of a newer one. */
  readonly #versions = new Map<string, number>();
  readonly #settings: ReplicatedTableSettings<Row>;
  readonly #clock: Clock;
  /** Up to where everything is known. */
  #position = BEGINNING;
  #identity: TableIdentity | undefined;
  #fullRead: FullRead | undefined;
  #compareAt = 0;
  #isReady = false;

  constructor(settings: ReplicatedTableSettings<Row>) {
    this.#settings = settings;
    this.#clock = settings.clock ?? monotonicClock;
    this.channel = settings.name;
  }

  /** Whether the rows were read at least once. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Runs `work` in a transaction that no other change of this table overlaps. It may run again, in another one,
   * when somebody else was in its way.
   * @param ids rows that `work` is about: those that it does not return are not in the database, and are forgotten here as well
   * @returns the rows it gave, now in memory
   */
  change(ids: readonly string[], work: (client: ClientBase) => Promise<Row[]>): Promise<Row[]> {
    return retryConflicts(() => this.#change(ids, work));
  }

  async #change(ids: readonly string[], work: (client: ClientBase) => Promise<Row[]>): Promise<Row[]> {
    const { pool, name } = this.#settings;
    const known = ids.map((id) => [id, this.#versions.get(id)] as const);
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query("BEGIN");
      // Changes are rare; one at a time means that versions become visible in the order of their numbers.
      await client.query("SELECT pg_advisory_xact_lock($1)", [ADVISORY_LOCKS[name]]);
      // Rows that were restored without their sequence: a version below theirs would be seen by no other replica.
      await client.query(
        `SELECT setval('${name}_version', rows.version)
           FROM (SELECT max(version) AS version FROM ${name}) AS rows, ${name}_version AS sequence
          WHERE rows.version > sequence.last_value`,
      );
      const rows = await work(client);
      await client.query(`NOTIFY ${name}`);
      await client.query("COMMIT");
      for (const row of rows) this.#applyChange(row);
      const changed = new Set(rows.map((row) => this.#idOf(row)));
      // What another replica changed since then is newer than this answer.
      for (const [id, version] of known)
        if (!changed.has(id) && this.#versions.get(id) === version) this.#forget(id);
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
    // Also after a loss: what answers now may be another database, or the same one as it was before.
    this.#identity = await this.#readIdentity(client);
    this.#startFullRead({ isUrgent: true });
    while (await this.#readOn(client));
    this.#isReady = true;
  }

  async onPoll(client: ClientBase): Promise<void> {
    await this.#catchUp(client);
    if (this.#fullRead === undefined && this.#clock.now() >= this.#compareAt)
      this.#startFullRead({ isUrgent: false });
    if (this.#fullRead?.isUrgent === false) await this.#readOn(client);
  }

  onNotification(client: ClientBase): Promise<void> {
    return this.#catchUp(client);
  }

  async #catchUp(client: ClientBase): Promise<void> {
    const begun = monotonicClock.now();
    await this.#compareIdentity(client);
    const read = () => (this.#fullRead?.isUrgent ? this.#readOn(client) : this.#readNewer(client));
    while ((await read()) && monotonicClock.now() - begun < POLL_MS);
  }

  async #compareIdentity(client: ClientBase): Promise<void> {
    const { name, logger } = this.#settings;
    const [before, now] = [this.#identity, await this.#readIdentity(client)];
    this.#identity = now;
    if (before === undefined) return;
    if (now.storage === before.storage && now.lastVersion >= before.lastVersion) return;
    logger?.warn({ table: name }, "a table was replaced or restored; reloading it");
    this.#startFullRead({ isUrgent: true });
  }

  async #readIdentity(client: ClientBase): Promise<TableIdentity> {
    const { name } = this.#settings;
    const { rows } = await client.query<{ storage: string; last_value: string }>(
      `SELECT concat_ws('/', rows.oid, pg_relation_filenode(rows.oid)) AS storage, sequence.last_value
         FROM pg_class AS rows, ${name}_version AS sequence WHERE rows.oid = '${name}'::regclass`,
    );
    return { storage: rows[0]?.storage ?? "", lastVersion: Number(rows[0]?.last_value ?? 0) };
  }

  /** Reads the next of what is newer than what is known. @returns whether there may be more */
  async #readNewer(client: ClientBase): Promise<boolean> {
    const rows = await this.#readSlice(client, this.#position);
    for (const row of rows) this.#apply(row);
    this.#position = this.#after(rows, this.#position);
    return rows.length === SLICE_ROWS;
  }

  #startFullRead({ isUrgent }: Pick<FullRead, "isUrgent">): void {
    this.#fullRead = { position: BEGINNING, seen: new Set(), changed: new Map(), isUrgent };
  }

  /** Reads the next slice of the whole table. @returns whether there may be more */
  async #readOn(client: ClientBase): Promise<boolean> {
    const reading = this.#fullRead;
    if (reading === undefined) return false;
    const rows = await this.#readSlice(client, reading.position);
    // A change meanwhile asked for another one.
    if (this.#fullRead !== reading) return true;
    for (const row of rows) {
      const id = this.#idOf(row);
      reading.seen.add(id);
      // Whatever is in memory, this is what the table holds, unless it was read before a change of this process.
      if (Number(row.version) >= (reading.changed.get(id) ?? 0)) this.#put(row);
    }
    reading.position = this.#after(rows, reading.position);
    if (rows.length === SLICE_ROWS) return true;
    this.#finish(reading);
    return false;
  }

  #finish({ seen, changed, position }: FullRead): void {
    const { name, logger } = this.#settings;
    const gone = [...this.#versions.keys()].filter((id) => !seen.has(id) && !changed.has(id));
    for (const id of gone) this.#forget(id);
    if (gone.length > 0)
      logger?.warn({ table: name, rows: gone.length }, "rows are gone from the database; they are forgotten");
    this.#position = position;
    this.#fullRead = undefined;
    this.#compareAt = this.#clock.now() + COMPARE_INTERVAL_MS;
  }

  async #readSlice(client: ClientBase, { version, id }: Position): Promise<Row[]> {
    const { name, idColumn } = this.#settings;
    const { rows } = await client.query<Row>(
      `SELECT * FROM ${name} WHERE (version, ${idColumn}) > ($1, $2) ORDER BY version, ${idColumn} LIMIT ${SLICE_ROWS}`,
      [version, id],
    );
    return rows;
  }

  #after(rows: readonly Row[], before: Position): Position {
    const last = rows.at(-1);
    return last === undefined ? before : { version: Number(last.version), id: this.#idOf(last) };
  }

  #applyChange(row: Row): void {
    const [id, version] = [this.#idOf(row), Number(row.version)];
    this.#fullRead?.changed.set(id, version);
    // Another replica was faster, or versions went back: a reading that begins now sees what is so.
    if (!this.#apply(row)) this.#startFullRead({ isUrgent: true });
  }

  /** @returns whether it is at least as new as what is known */
  #apply(row: Row): boolean {
    if (Number(row.version) < (this.#versions.get(this.#idOf(row)) ?? 0)) return false;
    this.#put(row);
    return true;
  }

  #put(row: Row): void {
    const id = this.#idOf(row);
    this.#versions.set(id, Number(row.version));
    if (row.deleted_at === null) this.#settings.put(row);
    else this.#settings.remove(id);
  }

  #forget(id: string): void {
    this.#versions.delete(id);
    this.#settings.remove(id);
  }

  #idOf(row: Row): string {
    return String(row[this.#settings.idColumn]);
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
  readonly logger?: Pick<Logger, "warn"> | undefined;
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
    const { pool, name, idColumn, toItem, logger } = settings;
    this.#settings = settings;
    this.table = new ReplicatedTable({
      pool,
      name,
      idColumn,
      logger,
      put: (row) => this.#items.set(String(row[idColumn]), toItem(row)),
      remove: (id) => this.#items.delete(id),
    });
  }

  /** Whether the table has been read: before that, what is missing here may exist. */
  get isReady(): boolean {
    return this.table.isReady;
  }

  findById(id: string): Item | undefined {
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
    const [item] = await this.#change([id], (client) => this.#set(client, id, updatedBy, fields));
    return item;
  }

  /** Deletes what exists of these in the database; the others are forgotten. @returns the deleted records */
  delete(ids: readonly string[]): Promise<readonly Item[]> {
    const { name, idColumn } = this.#settings;
    const sql = `
      UPDATE ${name} SET deleted_at = now(), updated_at = now(), version = nextval('${name}_version')
       WHERE ${idColumn} = ANY($1::text[]) AND deleted_at IS NULL RETURNING *`;
    return this.#change(ids, async (client) => (await client.query<Row>(sql, [ids])).rows);
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
    const [item] = await this.#change([id], work);
    if (item === undefined) throw new StoreUnavailableError(`${this.#settings.name}: no row came back`);
    return item;
  }

  async #change(
    ids: readonly string[],
    work: (client: ClientBase) => Promise<Row[]>,
  ): Promise<readonly Item[]> {
    const { name, toItem, takenBy } = this.#settings;
    try {
      return (await this.table.change(ids, work)).map(toItem);
    } catch (error) {
      throw takenBy(error, ids[0] ?? "") ?? toStoreError(`${name} not changed`, error);
    }
  }
}

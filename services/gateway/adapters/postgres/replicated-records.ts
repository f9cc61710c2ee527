import type { ClientBase, Pool } from "pg";
import { StoreUnavailableError } from "../../ports/key-store";
import { type ReplicatedRow, ReplicatedTable, type ReplicatedTableName } from "./replicated-table";
import { type Columns, setClause } from "./set-clause";
import { toStoreError } from "./to-store-error";

/** What is particular to one kind of records. */
export interface ReplicatedRecordsSettings<Row, Item, Fields> {
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

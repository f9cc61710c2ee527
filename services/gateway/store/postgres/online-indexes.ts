import type { ClientBase } from "pg";
import type { Logger } from "pino";
import { type Clock, monotonicClock } from "../../../shared/clock";
import type { DatabaseAddress } from "../../../shared/postgres-connection";
import type { SchemaWork } from "../database-state";
import { BackendWatch, type MaintenanceTask } from "./background";
import { isStatementError } from "./errors";
import { pauseAfter, untilHad, whileLocked } from "./locks";
import { migrations } from "./migrations";
import type { OnlineIndex } from "./migrations/migration";

/** While another replica builds, in milliseconds. */
const TURN_MS = 60_000;
/** Longest pause after failures, in milliseconds. */
const MOST_PAUSE_MS = 600_000;
/** Longest name that Postgres does not cut off. */
const MOST_NAME = 63;

/** Settings of `OnlineIndexes`. */
interface OnlineIndexesSettings {
  readonly address: DatabaseAddress;
  readonly logger: Pick<Logger, "info" | "warn">;
  /** @default - those of all migrations */
  readonly indexes?: readonly OnlineIndex[];
  /** For when it is due again. @default monotonicClock */
  readonly clock?: Clock;
  /** Between two words about an index that takes long. @default 10000 ms */
  readonly tellMs?: number;
}

/** An index, or what there is in its place. */
interface Found {
  readonly exists: boolean;
  readonly isValid: boolean;
}

/**
 * Builds the indexes that migrations have declared, without blocking anything: `CREATE INDEX CONCURRENTLY` for each partition, which
 * is then put into the frame of the table; the frame counts once it has all. What is done stays when the gateway ends in the middle; what was
 * begun is INVALID then, and rebuilt.
 */
export class OnlineIndexes implements MaintenanceTask {
  readonly #settings: Required<OnlineIndexesSettings>;
  #nextRun = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isComplete = false;
  #building: SchemaWork | undefined;

  constructor(settings: OnlineIndexesSettings) {
    const indexes = migrations.flatMap((migration) => migration.indexes ?? []);
    this.#settings = { indexes, clock: monotonicClock, tellMs: 10_000, ...settings };
  }

  /** Until all are there: partitions that are made later have them from the beginning. */
  get isDue(): boolean {
    const { indexes, clock } = this.#settings;
    return !this.#isComplete && indexes.length > 0 && clock.now() >= this.#nextRun;
  }

  /** What is being built at the moment. */
  get building(): SchemaWork | undefined {
    return this.#building;
  }

  /** @throws the error of a connection that is lost */
  async run(client: ClientBase): Promise<void> {
    this.#nextRun = this.#settings.clock.now() + TURN_MS;
    await whileLocked(client, "indexes", () => this.#buildAll(client));
  }

  async #buildAll(client: ClientBase): Promise<void> {
    const { address, clock, logger, indexes, tellMs } = this.#settings;
    const watch = await BackendWatch.start(client, {
      address,
      work: () => this.#building,
      logger,
      message: "still building an index online",
      intervalMs: tellMs,
    });
    try {
      for (const index of indexes) await this.#build(client, index);
      this.#isComplete = true;
    } catch (error) {
      if (!isStatementError(error) && !(error instanceof IncompleteIndexError)) throw error;
      this.#failures += 1;
      this.#nextRun = clock.now() + pauseAfter(this.#failures + 6, MOST_PAUSE_MS);
      logger.warn(
        { err: error, index: this.#building?.step },
        "index build failed, retrying; queries that need it are slow until then",
      );
    } finally {
      this.#building = undefined;
      watch.stop();
    }
  }

  async #build(client: ClientBase, index: OnlineIndex): Promise<void> {
    const found = await find(client, index.name);
    if (found.isValid) return;
    const partitions = await listPartitions(client, index.table);
    if (partitions === undefined) return this.#buildOne(client, index.name, index.table, index.on);
    const frame = { logger: this.#settings.logger, subject: index.name, tables: [index.table] };
    if (!found.exists) await untilHad(client, () => declareIndex(client, index), frame);
    for (const partition of partitions) {
      const name = nameOf(index, partition);
      try {
        if (await isAttached(client, index.name, partition)) continue;
        await this.#buildOne(client, name, partition, index.on);
        await untilHad(client, () => attach(client, index.name, name), { ...frame, tables: [partition] });
      } catch (error) {
        // Retention may have dropped the partition meanwhile.
        if (await isThere(client, partition)) throw error;
      }
    }
    if ((await find(client, index.name)).isValid) return;
    // The last partition without it was dropped, and nobody has told the frame: it looks again when one is put in a second time.
    const [last] = partitions.slice(-1);
    if (last !== undefined)
      await untilHad(client, () => attach(client, index.name, nameOf(index, last)), frame);
    if ((await find(client, index.name)).isValid) return;
    throw new IncompleteIndexError(`index ${index.name} is not complete`);
  }

  async #buildOne(client: ClientBase, name: string, table: string, on: string): Promise<void> {
    const found = await find(client, name);
    if (found.isValid) return;
    this.#building = { step: `index ${name}`, since: new Date() };
    this.#settings.logger.info({ index: name, table }, "building an index online");
    if (found.exists) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
    await client.query(`CREATE INDEX CONCURRENTLY ${name} ON ${table} ${on}`);
    this.#settings.logger.info({ index: name, table }, "index built");
  }
}

/** What was put into the frame of an index is not all of it. */
class IncompleteIndexError extends Error {
  override readonly name = "IncompleteIndexError";
}

/** Each partition's index: the table's name makes way for the partition's. */
function nameOf({ name, table }: OnlineIndex, partition: string): string {
  const rest = name.startsWith(`${table}_`) ? name.slice(table.length + 1) : name;
  return `${partition}_${rest}`.slice(0, MOST_NAME);
}

async function find(client: ClientBase, name: string): Promise<Found> {
  const { rows } = await client.query<{ isValid: boolean }>(
    'SELECT indisvalid AS "isValid" FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  return { exists: rows.length > 0, isValid: rows[0]?.isValid ?? false };
}

/** A default partition comes last: it is the one that stays, so that the frame is complete when it has that. `undefined`: the table has none. */
async function listPartitions(client: ClientBase, table: string): Promise<string[] | undefined> {
  const { rows } = await client.query<{ name: string | null }>(
    `SELECT child.oid::regclass::text AS name
       FROM pg_class parent
       LEFT JOIN pg_inherits ON inhparent = parent.oid
       LEFT JOIN pg_class child ON child.oid = inhrelid
      WHERE parent.oid = $1::regclass AND parent.relkind = 'p'
      ORDER BY pg_get_expr(child.relpartbound, child.oid) = 'DEFAULT', 1`,
    [table],
  );
  return rows.length === 0 ? undefined : rows.flatMap(({ name }) => name ?? []);
}

async function isAttached(client: ClientBase, name: string, partition: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid
      WHERE inhparent = to_regclass($1) AND indrelid = to_regclass($2)`,
    [name, partition],
  );
  return (rowCount ?? 0) > 0;
}

async function attach(client: ClientBase, frame: string, name: string): Promise<void> {
  await client.query(`ALTER INDEX ${frame} ATTACH PARTITION ${name}`);
}

async function isThere(client: ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ isThere: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS "isThere"',
    [table],
  );
  return rows[0]?.isThere ?? false;
}

/**
 * Makes an index known, within a transaction: on a table without rows that is all. Otherwise a partitioned table gets the frame that its
 * partitions' indexes are put into, so that partitions made from now on have theirs; `OnlineIndexes` builds the others. Needs a lock that
 * waits for those who write, not for those who read.
 */
export async function declareIndex(client: ClientBase, { name, table, on }: OnlineIndex): Promise<void> {
  const { rows } = await client.query<{ isEmpty: boolean; isPartitioned: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM ${table}) AS "isEmpty", relkind = 'p' AS "isPartitioned"
       FROM pg_class WHERE oid = $1::regclass`,
    [table],
  );
  if (rows[0]?.isEmpty) await client.query(`CREATE INDEX IF NOT EXISTS ${name} ON ${table} ${on}`);
  else if (rows[0]?.isPartitioned)
    await client.query(`CREATE INDEX IF NOT EXISTS ${name} ON ONLY ${table} ${on}`);
}

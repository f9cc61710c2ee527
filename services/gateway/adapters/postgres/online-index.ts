import type { ClientBase } from "pg";
import type { OnlineIndex } from "./migrations/migration";

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

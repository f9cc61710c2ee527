import type { ClientBase } from "pg";
import { SpendRollups } from "../../../services/gateway/store/postgres/spend-rollups";
import { monotonicClock } from "../../../services/shared/clock";

/** Makes all rows as they are after the upgrade from a version without sums of days: none is in any sum. */
export async function forgetSums(client: ClientBase): Promise<void> {
  await client.query(`
    BEGIN;
    SET LOCAL session_replication_role = replica;
    UPDATE audit_log SET is_counted = false;
    DELETE FROM spend_daily;
    DELETE FROM spend_deltas;
    INSERT INTO spend_backfill SELECT DISTINCT (started_at AT TIME ZONE 'UTC')::date FROM audit_log ON CONFLICT DO NOTHING;
    COMMIT`);
}

/** Has everything moved to `spend_daily` that can be. */
export async function addUpAllDays(client: ClientBase): Promise<void> {
  const warn = ({ err }: { err: Error }) => {
    throw err;
  };
  const logger = { info: () => {}, warn };
  for (;;) {
    await new SpendRollups({ clock: monotonicClock, logger: logger as never }).run(client);
    const { rows } = await client.query(
      "SELECT FROM spend_deltas UNION ALL SELECT FROM spend_backfill LIMIT 1",
    );
    if (rows.length === 0) return;
  }
}

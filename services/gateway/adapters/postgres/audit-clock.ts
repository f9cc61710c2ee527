import type { ClientBase } from "pg";

const DAY_MS = 86_400_000;
/** Gateways look once an hour. When none did for longer than this, in milliseconds, that time does not count. */
const GAP_MS = DAY_MS;

/** What the database's clock says, and what follows from it for the retention of rows. */
export interface ClockLook {
  readonly now: Date;
  /** Rows before this are past their retention. `undefined`: rows are kept for ever. */
  readonly cutoff: Date | undefined;
  /** The same if all time counted. */
  readonly nominalCutoff: Date | undefined;
}

/**
 * Looks at the database's clock and notes that it was looked at. Retention counts only time that gateways saw pass, give or take a day
 * at a time: whoever sets a clock five years ahead makes no row older, and rows are kept for as long as it was agreed also when the clock
 * stays wrong. A clock that is set back takes the time back that never was. Within a transaction; one at a time.
 */
export async function lookAtClock(client: ClientBase, retentionMs: number | undefined): Promise<ClockLook> {
  await client.query("INSERT INTO audit_clock (seen_at) VALUES (clock_timestamp()) ON CONFLICT DO NOTHING");
  const { rows } = await client.query<{ now: Date; seen_at: Date }>(
    "SELECT clock_timestamp() AS now, seen_at FROM audit_clock FOR UPDATE",
  );
  if (rows[0] === undefined) throw new Error("the database did not say what time it is");
  const { now, seen_at: seenAt } = rows[0];
  if (now.getTime() - seenAt.getTime() > GAP_MS)
    await client.query(
      `INSERT INTO audit_clock_gaps VALUES ($1, $2)
       ON CONFLICT (began_at) DO UPDATE SET ended_at = greatest(audit_clock_gaps.ended_at, EXCLUDED.ended_at)`,
      [seenAt, now],
    );
  if (now < seenAt) await client.query("DELETE FROM audit_clock_gaps WHERE ended_at > $1", [now]);
  await client.query("UPDATE audit_clock SET seen_at = $1", [now]);
  if (retentionMs === undefined) return { now, cutoff: undefined, nominalCutoff: undefined };
  const nominalCutoff = new Date(now.getTime() - retentionMs);
  const gaps = await client.query<{ began_at: Date; ended_at: Date }>(
    "SELECT began_at, ended_at FROM audit_clock_gaps ORDER BY ended_at DESC",
  );
  let cutoffMs = nominalCutoff.getTime();
  for (const { began_at, ended_at } of gaps.rows)
    if (ended_at.getTime() > cutoffMs) cutoffMs -= ended_at.getTime() - began_at.getTime();
  const cutoff = new Date(cutoffMs);
  await client.query("DELETE FROM audit_clock_gaps WHERE ended_at < $1", [cutoff]);
  return { now, cutoff, nominalCutoff };
}

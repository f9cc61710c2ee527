import { ADD_UP_DAY, TAKE_WAITING_DAY } from "../../services/gateway/store/postgres/spend-by-day";
import type { BenchDatabase } from "../processes/database";
import { DAY_MS, rowsByDay, usersOf, type YearSize, type YearSpan } from "./year-shape";

/**
 * Writes the rows of a year, a month at a time: into a table of its own first, which gets its indexes when it is attached, because that
 * takes a fraction of the time. What is asserted later is added up from the same rows, into `bench.days`.
 */
export async function fillAuditLog(
  database: BenchDatabase,
  size: YearSize,
  span: YearSpan,
  say: (line: string) => void,
): Promise<void> {
  const days = rowsByDay(span, size.rows);
  let written = 0;
  for (const month of new Set(days.map(({ day }) => monthOf(day)))) {
    const name = `audit_log_${month.replace("-", "_")}`;
    const first = new Date(`${month}-01T00:00:00Z`);
    const next = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 1));
    // The gateway that made the schema may have made the present month; nothing is in it yet.
    await database.query(`DROP TABLE IF EXISTS ${name}`);
    await database.query("BEGIN");
    // In the transaction that made the table rows need no log of their own.
    await database.query(`CREATE TABLE ${name} (LIKE audit_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)`);
    for (const { day, rows } of days.filter((one) => monthOf(one.day) === month)) {
      await database.query(insertDay(name), [day.toISOString(), rows, size.keys, usersOf(size)]);
      written += rows;
    }
    await database.query("COMMIT");
    await database.query(
      `ALTER TABLE audit_log ATTACH PARTITION ${name}
       FOR VALUES FROM ('${first.toISOString()}') TO ('${next.toISOString()}')`,
    );
    await database.query(
      `INSERT INTO bench.days SELECT (started_at AT TIME ZONE 'UTC')::date, count(*), coalesce(sum(cost_nano_usd), 0)
         FROM ${name} GROUP BY 1`,
    );
    // As after an update from a version without sums of days; here a month at a time, and with the gateway's own statements.
    await database.query(
      `INSERT INTO spend_backfill SELECT day FROM bench.days WHERE day >= $1 AND day < $2`,
      [first, next],
    );
    for (;;) {
      const [taken] = await database.query<{ day: string }>(TAKE_WAITING_DAY);
      if (taken === undefined) break;
      await database.query(ADD_UP_DAY, [taken.day]);
    }
    say(`  ${month}: ${written.toLocaleString("en-US")} of ${size.rows.toLocaleString("en-US")} rows`);
  }
}

const monthOf = (day: Date): string => day.toISOString().slice(0, 7);

/**
 * $1 the day, $2 its rows, $3 keys, $4 users. On a day as many users work as make 15 requests each: a third of them on every day, the others now
 * and then. A few ask for most, each on one day mostly with one key and one model; four fifths come in the ten hours of work; 2 % fail
 * and cost nothing, one in 2,000 is of a gateway that died.
 */
const insertDay = (table: string): string => `
  INSERT INTO ${table} (
    request_id, started_at, caller_kind, key_id, key_hash, key_alias, user_id, workspace, scope, end_user, route,
    model_requested, model_used, deployment, attempts, status, error_type, input_tokens, output_tokens, reasoning_tokens,
    cache_read_tokens, cache_write_tokens, cost_nano_usd, latency_ms, ttft_ms, is_stream, user_agent, client, session_id,
    enforcement_level, prompt_hash, lost_at, lost_cost_nano_usd, is_counted)
  SELECT gen_random_uuid(), at, 'key', k.key_id, k.token_hash, k.key_alias, k.user_id, 'w-' || usr, 'workspace:w-' || usr,
         CASE WHEN r4 < 0.03 THEN 'customer-' || (r5 * 500)::int END, '/v1/messages',
         m.name, m.name || '-20250929', m.name || '/0', 1,
         CASE WHEN r6 < 0.0005 THEN 500 WHEN r6 < 0.02 THEN 529 ELSE 200 END,
         CASE WHEN r6 < 0.0005 THEN 'gateway_lost' WHEN r6 < 0.02 THEN 'overloaded_error' END,
         input, output, output / 4, input * 3, input / 2,
         CASE WHEN r6 < 0.0005 OR r6 >= 0.02 THEN input * m.price + output * m.price * 5 END,
         400 + (r5 * 20000)::int, 200 + (r5 * 900)::int, r4 < 0.9, 'claude-cli/2.0.1 (external, cli)', 'claude-code',
         'session-' || usr || '-' || (r3 * 3)::int, CASE WHEN usr % 5 = 0 THEN 'strict' ELSE 'standard' END,
         CASE WHEN usr % 5 = 0 THEN repeat('5', 64) ELSE repeat('a', 64) END,
         CASE WHEN r6 < 0.0005 THEN at + interval '5 s' END,
         CASE WHEN r6 < 0.0005 THEN input * m.price + output * m.price * 5 END, false
    FROM (
      SELECT date_trunc('milliseconds', $1::timestamptz + interval '${DAY_MS} ms' *
               CASE WHEN f < 0.1 THEN f * 10 / 3 WHEN f < 0.9 THEN 1.0 / 3 + (f - 0.1) * 0.52 ELSE 0.75 + (f - 0.9) * 2.5 END) AS at,
             usr, CASE WHEN r2 < 0.85 THEN (usr + extract(doy FROM $1::timestamptz)::int / 40) % 10 ELSE floor(r2 * 1000)::int % 10 END AS key_of_user,
             CASE WHEN r3 < 0.85 THEN usr % 4 ELSE floor(r3 * 1000)::int % 6 END AS model,
             200 + floor(power(r5, 3) * 40000)::bigint AS input, 20 + floor(power(r4, 2) * 3000)::bigint AS output,
             r3, r4, r5, r6
        FROM (
          SELECT dice.*, CASE WHEN rank < active / 3 THEN rank
                              ELSE (rank::bigint * 7919 + extract(doy FROM $1::timestamptz)::int * 104729) % $4::int END::int AS usr
            FROM (SELECT *, floor(power(r1, 2) * active)::int AS rank
            FROM (SELECT *, least($4::int, greatest(1, $2::int / 15)) AS active FROM (
          SELECT (n - 1)::float8 / $2::int AS f, random() AS r1, random() AS r2, random() AS r3, random() AS r4, random() AS r5, random() AS r6
            FROM generate_series(1, $2::int) AS n OFFSET 0
            ) AS dice) AS dice) AS dice OFFSET 0
        ) AS dice OFFSET 0
    ) AS drawn
    JOIN bench.keys k ON k.n = (usr * 10 + key_of_user) % $3::int
    JOIN (VALUES (0, 'claude-sonnet-4-5', 3000), (1, 'claude-haiku-4-5', 1000), (2, 'claude-opus-4-5', 5000),
                 (3, 'gpt-5.1', 1250), (4, 'bench-model', 3000), (5, 'gemini-3-pro', 2000)) AS m(n, name, price) ON m.n = model
   ORDER BY at`;

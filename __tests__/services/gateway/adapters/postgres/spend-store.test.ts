import { Client, Pool } from "pg";
import { PostgresSpendStore } from "../../../../../services/gateway/adapters/postgres/spend-store";
import { describeDays } from "../../../../../services/gateway/management/describe-spend";
import type { DailySpend } from "../../../../../services/gateway/ports/spend-reader";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
let client: Client;
let pool: Pool;
let spend: PostgresSpendStore;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  const connectionString = await postgres.createDatabaseWithSchema("spend_store");
  client = new Client({ connectionString });
  await client.connect();
  pool = new Pool({ connectionString, max: 2 });
  spend = new PostgresSpendStore(pool);
});
afterAll(async () => {
  await client?.end();
  await pool?.end();
  await postgres?.stop();
});

/** Rows of that many keys on one day, of which the n-th costs n nano-USD. */
const insertRows = (day: string, keys: number) =>
  client.query(
    `INSERT INTO audit_log (request_id, started_at, caller_kind, key_id, key_hash, user_id, route, model_requested, status, input_tokens,
                            output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd, latency_ms, is_stream)
     SELECT gen_random_uuid(), $1::timestamptz + n * interval '1 s', 'key', gen_random_uuid(), md5(n::text), 'user ' || n % 100, '/v1/messages',
            'model', 200, 1, 2, 3, 4, n, 5, false
       FROM generate_series(1, $2) AS n`,
    [`${day}T00:00:00Z`, keys],
  );
const sumTo = (count: number) => (count * (count + 1)) / 2;

test("a day on which 12,000 keys spent something, and the days after it, are summed up to the last one", async () => {
  await insertRows("2026-03-01", 12_000);
  await insertRows("2026-03-02", 10);
  const period = { from: new Date("2026-03-01T00:00:00Z"), to: new Date("2026-04-01T00:00:00Z") };
  const parts: DailySpend[] = [];
  for await (const part of spend.daily({ period })) parts.push(...part);
  const [first, second, ...others] = describeDays(parts);
  expect(first?.startTime).toBe("2026-03-01");
  expect(first?.spend).toBe(sumTo(12_000) / 1e9);
  expect(Object.keys(first ?? {})).toHaveLength(12_000 + 4);
  expect(second).toMatchObject({ startTime: "2026-03-02", spend: sumTo(10) / 1e9 });
  expect(others).toEqual([]);
  await expect(spend.total(period)).resolves.toBe(sumTo(12_000) + sumTo(10));
});

test("a report says how many groups it leaves off, and what they come to", async () => {
  const period = { from: new Date("2026-03-02T00:00:00Z"), to: new Date("2026-03-03T00:00:00Z") };
  const { groups, leftOff } = await spend.report("key", period, 3);
  expect(groups.map(({ spentNanoUsd }) => spentNanoUsd)).toEqual([10, 9, 8]);
  expect(leftOff).toEqual({ groups: 7, spentNanoUsd: sumTo(7) });
});

import { randomUUID } from "node:crypto";
import { Client, Pool } from "pg";
import { describeDays } from "../../../../../services/gateway/admin/spend/queries";
import { PostgresSpendStore } from "../../../../../services/gateway/store/postgres/spend-store";
import type { DailySpend } from "../../../../../services/gateway/store/spend-reader";
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
  spend = new PostgresSpendStore(pool, pool);
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

describe("requests in pages", () => {
  /** Looking through whole tables costs much here, as it does with a year of rows. */
  let watchedPool: Pool;
  let statements: { text: string; values: unknown[] }[];
  let store: PostgresSpendStore;

  beforeAll(async () => {
    await postgres.createDatabaseWithSchema("spend");
    watchedPool = new Pool({
      connectionString: postgres.url("spend"),
      options: "-c enable_seqscan=off",
      max: 1,
    });
    await watchedPool.query(`
    CREATE TABLE audit_log_2026_03 PARTITION OF audit_log FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
    CREATE TABLE audit_log_2026_04 PARTITION OF audit_log FOR VALUES FROM ('2026-04-01') TO ('2026-05-01');
    INSERT INTO audit_log (request_id, started_at, caller_kind, key_id, user_id, route, model_requested, status, input_tokens,
                           output_tokens, cache_read_tokens, cache_write_tokens, cost_nano_usd, latency_ms, is_stream)
    SELECT gen_random_uuid(), '2026-03-01'::timestamptz + n / 2 * interval '20 min', 'key', md5('k' || n % 50)::uuid, 'u' || n % 20,
           '/v1/messages', 'm', 200, 1, 1, 0, 0, n, 1, true
      FROM generate_series(1, 6000) AS n`);
    await watchedPool.query("VACUUM (ANALYZE) audit_log");
  });
  beforeEach(() => {
    statements = [];
    const watched = {
      query: (text: string, values: unknown[]) => {
        statements.push({ text, values });
        return watchedPool.query(text, values);
      },
    } as unknown as Pool;
    store = new PostgresSpendStore(watched, watched);
  });
  afterAll(async () => {
    await watchedPool?.end();
  });

  async function plan({ text, values }: { text: string; values: unknown[] } = { text: "", values: [] }) {
    const { rows } = await watchedPool.query<{ "QUERY PLAN": string }>(`EXPLAIN ${text}`, values);
    return rows.map((row) => row["QUERY PLAN"]).join("\n");
  }

  test("a deep page is found by the index alone, without reading or sorting what is passed over", async () => {
    const all = await store.logs({}, { limit: 6000, offset: 0 });
    const page = await store.logs({}, { limit: 3, offset: 5000 });
    expect(page).toEqual(all.slice(5000, 5003));
    const [, passing, reading] = statements;
    expect(await plan(passing)).toMatch(/Index Only Scan Backward using audit_log_2026_03_\w*request/);
    expect(await plan(passing)).not.toMatch(/Sort {2}/);
    expect(await plan(reading)).toMatch(/Index Cond: \(started_at <= /);
    expect(await plan(reading)).not.toMatch(/Seq Scan/);
  });

  test("pages by place give every request once, also where many have one moment", async () => {
    const all = await store.logs({ userId: "u3" }, { limit: 6000, offset: 0 });
    const seen: string[] = [];
    for (let last = all[0], isFirst = true; last !== undefined; isFirst = false) {
      const page = await store.logs(
        { userId: "u3" },
        isFirst ? { limit: 7, offset: 0 } : { limit: 7, after: last },
      );
      seen.push(...page.map((log) => log.requestId));
      last = page.at(-1);
    }
    expect(seen).toEqual(all.map((log) => log.requestId));
  });

  test("the place after which a page begins bounds what is read", async () => {
    const startedAt = new Date("2026-03-05T00:00:00Z");
    await store.logs({}, { limit: 10, after: { startedAt, requestId: randomUUID() } });
    const text = await plan(statements[0]);
    expect(text).toMatch(/Index Cond: \(started_at <= /);
    expect(text).not.toMatch(/audit_log_2026_04|Seq Scan/);
  });

  test("a hash that no key has is answered without a look at requests", async () => {
    const keyHash = "e".repeat(64);
    const period = { from: new Date("2026-03-01T00:00:00Z"), to: new Date("2026-05-01T00:00:00Z") };
    await expect(store.logs({ keyHash }, { limit: 10, offset: 0 })).resolves.toEqual([]);
    for await (const part of store.daily({ keyHash, period })) expect(part).toEqual([]);
    expect(statements.filter(({ text }) => text.includes("audit_log"))).toEqual([]);
  });

  test("a deleted key is still found by its hash, and a replaced one by its former", async () => {
    const [keyId, ...others] = (await store.logs({}, { limit: 1, offset: 0 })).map((log) => log.keyId);
    expect(others).toEqual([]);
    await watchedPool.query(
      `INSERT INTO virtual_keys (key_id, token_hash, key_name, created_by, updated_by, deleted_at, version)
     VALUES ($1, repeat('a', 64), 'sk-...', 'x', 'x', now(), 1)`,
      [keyId],
    );
    await watchedPool.query("INSERT INTO retired_key_hashes VALUES (repeat('b', 64), $1)", [keyId]);
    const page = { limit: 1000, offset: 0 };
    const rows = await store.logs({ keyId: keyId ?? "" }, page);
    expect(rows.length).toBeGreaterThan(10);
    for (const keyHash of ["a".repeat(64), "b".repeat(64)])
      expect(await store.logs({ keyHash }, page)).toEqual(rows);
  });

  test("requests of one key are read through its index", async () => {
    await store.logs({ keyId: randomUUID() }, { limit: 10, offset: 0 });
    expect(await plan(statements[0])).toMatch(/audit_log_2026_03_key_id_started_at_idx/);
  });
});

import { randomUUID } from "node:crypto";
import { Client, Pool } from "pg";
import type { AuditRow } from "../../services/gateway/store/audit-log";
import { type CommitItem, NOBODY } from "../../services/gateway/store/group-commit-entry";
import { writeItems, writeLost } from "../../services/gateway/store/postgres/audit-rows";
import { toLostRow } from "../../services/gateway/store/postgres/budget-statements";
import { createBudget } from "../../services/gateway/store/postgres/first-budgets";
import { SPEND_BY_DAY } from "../../services/gateway/store/postgres/spend-by-day";
import { SpendRollups } from "../../services/gateway/store/postgres/spend-rollups";
import { PostgresSpendStore } from "../../services/gateway/store/postgres/spend-store";
import { monotonicClock } from "../../services/shared/clock";
import { createLogger } from "../../services/shared/logger";
import { auditRow } from "../support/services/audit-row";
import { addUpAllDays, forgetSums } from "../support/services/daily-spend";
import { EmbeddedPostgres } from "../support/services/embedded-postgres";
import { Random } from "../support/services/random";

const logger = createLogger({ name: "test", level: "silent" });
const FIRST_DAY = Date.parse("2026-02-27T00:00:00Z");
const DAY_MS = 86_400_000;
const period = { from: new Date(FIRST_DAY), to: new Date(FIRST_DAY + 4 * DAY_MS) };

let postgres: EmbeddedPostgres;
let url: string;
let client: Client;
let pool: Pool;
let spend: PostgresSpendStore;
let count = 0;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
});
beforeEach(async () => {
  count += 1;
  url = await postgres.createDatabaseWithSchema(`daily_spend_${count}`);
  client = new Client({ connectionString: url });
  await client.connect();
  pool = new Pool({ connectionString: url, max: 8 });
  spend = new PostgresSpendStore(pool, pool);
});
afterEach(async () => {
  await client.end();
  await pool.end();
});
afterAll(() => postgres?.stop());

const item = (row: AuditRow, intent?: CommitItem["intent"]): CommitItem => ({
  row,
  intent,
  onDurable: undefined,
});

/** What the sums were before they were kept by day: the definition that they must agree with. */
const oldSums = (scope: "key" | "user") => {
  const id = scope === "key" ? "key_id::text" : "user_id";
  return `SELECT id, sum(nano_usd) AS spent FROM (
            SELECT ${id} AS id, coalesce(sum(cost_nano_usd), 0) AS nano_usd FROM audit_log WHERE ${id} IS NOT NULL GROUP BY 1
            UNION ALL SELECT id, adjust_nano_usd FROM spend_baselines WHERE scope = '${scope}') AS parts GROUP BY id`;
};
const OLD_DAYS = `
  SELECT to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, max(key_hash) AS "keyHash", user_id AS "userId",
         model_requested AS model, coalesce(sum(cost_nano_usd), 0)::float8 AS "spentNanoUsd"
    FROM audit_log WHERE model_requested IS NOT NULL AND started_at >= $1 AND started_at < $2
   GROUP BY 1, key_id, user_id, model_requested`;
const oldReport = (value: string, shown: string) => `
  SELECT ${shown} AS value, coalesce(sum(cost_nano_usd), 0)::float8 AS "spentNanoUsd", sum(1 + repeats)::float8 AS requests,
         sum(input_tokens + cache_read_tokens + cache_write_tokens)::float8 AS "inputTokens", sum(output_tokens)::float8 AS "outputTokens"
    FROM audit_log WHERE model_requested IS NOT NULL AND started_at >= $1 AND started_at < $2 GROUP BY ${value}`;
const OLD_BUDGET = `
  WITH set_since AS (
    SELECT adjust_nano_usd FROM spend_baselines
     WHERE scope = $1 AND id = $2 AND ($3::timestamptz IS NULL OR set_at >= $3)
  )
  SELECT (coalesce((SELECT adjust_nano_usd FROM set_since), 0) + coalesce(sum(cost_nano_usd), 0))::text AS spent FROM audit_log
   WHERE (CASE $1 WHEN 'key' THEN key_id::text ELSE user_id END) = $2
     AND ($3 IS NULL OR EXISTS (SELECT FROM set_since) OR started_at >= $3)`;

const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort();

async function expectAsRows(keys: readonly string[], users: readonly string[]): Promise<void> {
  for (const [scope, sums, ids] of [
    ["key", await spend.byKeys(keys), keys],
    ["user", await spend.byUsers(users), users],
  ] as const) {
    const { rows } = await client.query<{ id: string; spent: string }>(oldSums(scope));
    const old = new Map(rows.map(({ id, spent }) => [id, Number(spent)]));
    for (const id of ids) expect([scope, id, sums.get(id) ?? 0]).toEqual([scope, id, old.get(id) ?? 0]);
  }
  const between = [period.from, period.to];
  const days: object[] = [];
  for await (const part of spend.daily({ period })) days.push(...part);
  expect(sorted(days)).toEqual(sorted((await client.query(OLD_DAYS, between)).rows));
  for (const [dimension, value, shown] of [
    ["key", "key_id", "max(key_hash)"],
    ["user", "user_id", "user_id"],
    ["model", "model_requested", "model_requested"],
    ["day", "1", "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')"],
  ] as const) {
    const { groups, leftOff } = await spend.report(dimension, period, 1000);
    const shownGroups = groups.map(({ value, spentNanoUsd, requests, inputTokens, outputTokens }) => ({
      value,
      spentNanoUsd,
      requests,
      inputTokens,
      outputTokens,
    }));
    expect(sorted(shownGroups)).toEqual(sorted((await client.query(oldReport(value, shown), between)).rows));
    expect(leftOff).toEqual({ groups: 0, spentNanoUsd: 0 });
  }
  const [total] = (
    await client.query<{ spent: string }>(
      "SELECT coalesce(sum(cost_nano_usd), 0) AS spent FROM audit_log WHERE model_requested IS NOT NULL AND started_at >= $1 AND started_at < $2",
      between,
    )
  ).rows;
  await expect(spend.total(period)).resolves.toBe(Number(total?.spent));
  await expect(differences()).resolves.toEqual([]);
}

const differences = async () =>
  (
    await client.query(
      "SELECT d.* FROM generate_series('2026-02-01'::date, '2026-04-01'::date, interval '1 day') AS day, spend_differences(day::date) AS d",
    )
  ).rows;

test.each([1, 2, 3])("sums of days are what the rows add up to, whatever happens (seed %i)", async (seed) => {
  const random = new Random(seed);
  const keys = Array.from({ length: 3 }, () => randomUUID());
  const users = ["ada", "grace", "o'brien"];
  const lost: AuditRow[] = [];
  let budgets = 0;
  const moment = () => {
    const midnight = FIRST_DAY + random.int(0, 4) * DAY_MS;
    return new Date(
      random.pick([midnight, midnight - 1, midnight + 1, midnight + random.int(0, DAY_MS - 1)]),
    );
  };
  const row = (startedAt = moment()): AuditRow => {
    const keyId = random.pick([...keys, null]);
    // Keys are renewed at midnight.
    const letter = startedAt.getUTCDate() % 2 === 0 ? "a" : "b";
    return auditRow({
      startedAt,
      keyId,
      keyHash: keyId === null ? null : letter.repeat(63) + keys.indexOf(keyId),
      userId: random.pick([...users, null]),
      endUser: random.pick([null, null, "", "customer", "x".repeat(200)]),
      modelRequested: random.pick([null, "sonnet", "haiku"]),
      scope: random.pick([null, "ci", "workspace:1"]),
      enforcementLevel: random.pick([null, "standard"]),
      costNanoUsd: random.pick([null, 0, 1, random.int(0, 1e9), 2 ** 52 + 1]),
      inputTokens: random.int(0, 1e9),
      cacheReadTokens: random.int(0, 9),
      repeats: random.pick([0, 0, 7]),
    });
  };
  const actions = [
    // A group commit, a part of which is sent again.
    async () => {
      const items = Array.from({ length: random.int(1, 8) }, () => item(row()));
      await writeItems(client, items);
      await writeItems(client, items.slice(random.int(0, items.length)));
    },
    // A gateway that is given up for dead.
    async () => {
      const rows = Array.from({ length: random.int(1, 3) }, () => row());
      const items = rows.map((one) => item(toLostRow({ row: one, reservedNano: random.int(0, 1e9) })));
      await writeLost(client, items);
      lost.push(...items.map(({ row }) => row));
    },
    // It lives after all: of the request nothing but its key needs to be what was known.
    async () => {
      const known = lost.splice(0, random.int(0, lost.length));
      const rows = known.map(({ requestId, startedAt, keyId, keyHash }) => ({
        ...row(startedAt),
        requestId,
        keyId,
        keyHash,
      }));
      await writeItems(
        client,
        rows.map((one) => item(one, { owner: NOBODY, budgets: [] })),
      );
    },
    async () => {
      const [scope, id] = random.pick([
        ["key", random.pick(keys)],
        ["user", random.pick(users)],
      ] as const);
      const spent = random.int(0, 1e9);
      await spend.set(scope, id, spent);
      const { rows } = await client.query<{ id: string; spent: string }>(oldSums(scope));
      expect(rows.find((one) => one.id === id)?.spent).toBe(String(spent));
    },
    async () => {
      const [scope, id] = random.pick([
        ["key", random.pick(keys)],
        ["user", random.pick(users)],
      ] as const);
      const since = random.pick([null, moment()]);
      const budget = { account: `${scope}:${id}`, period: `period ${budgets}`, since };
      budgets += 1;
      await createBudget(client, budget);
      const { rows } = await client.query("SELECT spent_nano_usd AS spent FROM budgets WHERE period = $1", [
        budget.period,
      ]);
      expect(rows).toEqual((await client.query(OLD_BUDGET, [scope, id, since])).rows);
    },
    () => new SpendRollups({ clock: monotonicClock, logger }).run(client),
    () => addUpAllDays(client),
    () => forgetSums(client),
  ];
  for (let step = 0; step < 40; step += 1) {
    const action = random.pick([...actions, ...actions.slice(0, 3)]);
    await action();
    if (step % 4 === 3) await expectAsRows(keys, users);
  }
});

test("sums are exact at every moment while gateways write, replace, move and add up", async () => {
  const random = new Random(7);
  const keys = Array.from({ length: 5 }, () => randomUUID());
  const before = Array.from({ length: 200 }, (_, index) =>
    auditRow({
      keyId: random.pick(keys),
      startedAt: new Date(FIRST_DAY + index * 1_000_000),
      errorType: "gateway_lost",
      costNanoUsd: 5,
    }),
  );
  await writeLost(
    client,
    before.map((row) => item(row)),
  );
  await forgetSums(client);
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let round = 0; round < 25; round += 1) {
      const rows = Array.from({ length: 4 }, () =>
        auditRow({
          keyId: random.pick(keys),
          startedAt: new Date(FIRST_DAY),
          costNanoUsd: random.int(1, 1000),
        }),
      );
      await writeItems(
        pool,
        rows.map((row) => item(row)),
      );
      const late = before.slice(writer * 50 + round * 2, writer * 50 + round * 2 + 2);
      await writeItems(
        pool,
        late.map((row) => item({ ...row, errorType: null, costNanoUsd: 11 }, { owner: NOBODY, budgets: [] })),
      );
    }
  });
  let isWriting = true;
  const written = Promise.all(writers).finally(() => {
    isWriting = false;
  });
  const rollups = async () => {
    const own = new Client({ connectionString: url });
    await own.connect();
    while (isWriting) await new SpendRollups({ clock: monotonicClock, logger }).run(own);
    await own.end();
  };
  const reader = async () => {
    while (isWriting) {
      const { rows } = await client.query(
        `SELECT coalesce(sum(cost), 0)::text AS difference FROM (
           SELECT sum(cost_nano_usd) AS cost FROM ${SPEND_BY_DAY} UNION ALL SELECT -sum(cost_nano_usd) FROM audit_log) AS sides`,
      );
      expect(rows).toEqual([{ difference: "0" }]);
    }
  };
  await Promise.all([written, rollups(), rollups(), reader()]);
  await addUpAllDays(client);
  await expect(differences()).resolves.toEqual([]);
  const { rows } = await client.query("SELECT sum(requests)::int AS requests FROM spend_daily");
  expect(rows).toEqual([{ requests: 200 + 4 * 25 * 4 }]);
});

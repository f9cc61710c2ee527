import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { CommitItem } from "../../../../../services/gateway/adapters/commit-item";
import { chargeBudgetsMadeSince } from "../../../../../services/gateway/adapters/postgres/budgets-made-since";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

const STARTED_AT = new Date("2026-03-10T12:00:00Z");
const KEY_ID = randomUUID();
const KEY = `key:${KEY_ID}`;
const USER = "user:ada";
const MARCH = "2026-03-01T00:00:00.000Z/2026-04-01T00:00:00.000Z";
const APRIL = "2026-04-01T00:00:00.000Z/2026-05-01T00:00:00.000Z";

let postgres: EmbeddedPostgres;
let client: Client;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  client = new Client({ connectionString: await postgres.createDatabaseWithSchema("budgets_made_since") });
  await client.connect();
});
beforeEach(() => client.query("DELETE FROM budgets"));
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

/** @param createdAt minutes after the request started */
const makeBudget = (account: string, period: string, createdAt: number, setAt: number | null = null) =>
  client.query(
    "INSERT INTO budgets (account, period, created_at, set_at) VALUES ($1, $2, $3::timestamptz + $4 * interval '1 min', $3::timestamptz + $5 * interval '1 min')",
    [account, period, STARTED_AT, createdAt, setAt],
  );

const lateRow = (more: Partial<CommitItem["row"]> = {}) =>
  auditRow({
    startedAt: STARTED_AT,
    latencyMs: 120_000,
    keyId: KEY_ID,
    userId: "ada",
    costNanoUsd: 7,
    ...more,
  });

/** @returns the budgets that a row is charged to without a lease */
async function charged(row = lateRow(), intent?: CommitItem["intent"]) {
  const [item] = await chargeBudgetsMadeSince(client, [{ row, intent, onDurable: undefined }]);
  return item?.intent?.unreserved ?? [];
}

test("budgets of the key and the user that were made after the request started are charged", async () => {
  await makeBudget(KEY, "all", 5);
  await makeBudget(USER, MARCH, 5);
  await makeBudget("user:grace", "all", 5);
  const budgets = await charged();
  expect(budgets).toHaveLength(2);
  expect(budgets).toEqual(
    expect.arrayContaining([
      { account: KEY, period: "all" },
      { account: USER, period: MARCH },
    ]),
  );
});

test("what pays for the request already is charged once", async () => {
  await makeBudget(KEY, "all", 5);
  await makeBudget(USER, MARCH, 5);
  const reserved = { account: KEY, period: "all" };
  const known = { account: USER, period: MARCH };
  const intent = { owner: randomUUID(), budgets: [reserved], unreserved: [known] };
  await expect(charged(lateRow(), intent)).resolves.toEqual([known]);
});

test("budgets that were there before, and periods that do not hold the request, are left alone", async () => {
  await makeBudget(KEY, "all", -5);
  await makeBudget(KEY, APRIL, 5);
  await expect(charged()).resolves.toEqual([]);
});

test("spend that was set after the request forgets it, spend that was set while it ran does not", async () => {
  await makeBudget(KEY, "all", 5, 6);
  await makeBudget(USER, "all", 1, 1);
  await expect(charged()).resolves.toEqual([{ account: USER, period: "all" }]);
});

test("rows without a key, without a cost, or with a time beyond all measure are no trouble", async () => {
  await makeBudget(KEY, "all", 5);
  await expect(charged(lateRow({ keyId: null, userId: null }))).resolves.toEqual([]);
  await expect(charged(lateRow({ costNanoUsd: null }))).resolves.toEqual([]);
  await expect(charged(lateRow({ latencyMs: 1e15 }))).resolves.toHaveLength(1);
});

import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { NOBODY } from "../../../../../services/gateway/store/group-commit-entry";
import { writeItems } from "../../../../../services/gateway/store/postgres/audit-rows";
import { createBudget } from "../../../../../services/gateway/store/postgres/first-budgets";
import { auditRow } from "../../../../support/services/audit-row";
import { addUpAllDays, forgetSums } from "../../../../support/services/daily-spend";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
let client: Client;
let url: string;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  url = await postgres.createDatabaseWithSchema("create_budget");
  client = new Client({ connectionString: url });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

const spentOf = async (account: string) =>
  (await client.query("SELECT spent_nano_usd::int AS spent FROM budgets WHERE account = $1", [account])).rows;

describe.each(["key", "user"] as const)("a first budget of a %s", (scope) => {
  const old = { startedAt: new Date(Date.now() - 86_400_000), latencyMs: 1000 };
  const running = { startedAt: new Date(Date.now() - 60_000), latencyMs: 60_000 };
  const subject = () => {
    const keyId = randomUUID();
    const userId = `user ${keyId}`;
    const budget = { account: `${scope}:${scope === "key" ? keyId : userId}`, period: "all", since: null };
    const row = (costNanoUsd: number, when: object) => ({
      row: auditRow({ keyId, userId, costNanoUsd, ...when }),
      intent: undefined,
    });
    return { budget, row, id: scope === "key" ? keyId : userId };
  };

  test("begins with all that was spent, once", async () => {
    const { budget, row } = subject();
    await writeItems(client, [row(100, old), row(15, running)]);
    await createBudget(client, budget);
    await expect(spentOf(budget.account)).resolves.toEqual([{ spent: 115 }]);
    await createBudget(client, budget);
    await expect(spentOf(budget.account)).resolves.toEqual([{ spent: 115 }]);
  });

  test("counts what ends while days from before are added up, and those days once", async () => {
    const { budget, row } = subject();
    await writeItems(client, [row(100, old), row(10, running)]);
    await forgetSums(client);
    const intent = { owner: NOBODY, budgets: [], unreserved: [budget] };
    const other = new Client({ connectionString: url });
    const adding = new Client({ connectionString: url });
    await Promise.all([other.connect(), adding.connect()]);
    let added: Promise<unknown> | undefined;
    // Between the long look at the rows and the short one.
    const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>;
    const meanwhile = jest.spyOn(client, "query").mockImplementation((async (...given: unknown[]) => {
      const result = await query(...given);
      if (String(given[0]).includes("FROM spend_backfill AS waiting")) {
        meanwhile.mockRestore();
        added = addUpAllDays(adding);
        await writeItems(other, [{ ...row(5, running), intent }]);
      }
      return result;
    }) as never);
    await createBudget(client, budget);
    await added;
    await expect(spentOf(budget.account)).resolves.toEqual([{ spent: 115 }]);
    await Promise.all([other.end(), adding.end()]);
  });

  test("begins in the middle of a day, and where spend was set with what it was set to", async () => {
    const { budget, row, id } = subject();
    const noon = new Date("2026-03-10T12:00:00Z");
    const at = (moment: string) => ({ startedAt: new Date(moment) });
    await writeItems(client, [
      row(1, at("2026-03-09T23:59:59.999Z")),
      row(10, at("2026-03-10T11:59:59.999Z")),
      row(100, at("2026-03-10T12:00:00Z")),
      row(1000, at("2026-03-10T23:59:59.999Z")),
      row(10_000, at("2026-03-11T00:00:00Z")),
    ]);
    const since = async (period: string, moment: Date) => {
      await createBudget(client, { ...budget, period, since: moment });
      const { rows } = await client.query(
        "SELECT spent_nano_usd::int AS spent FROM budgets WHERE account = $1 AND period = $2",
        [budget.account, period],
      );
      return rows[0]?.spent;
    };
    await expect(since("noon", noon)).resolves.toBe(11_100);
    await expect(since("midnight", new Date("2026-03-10T00:00:00Z"))).resolves.toBe(11_110);
    await expect(since("later", new Date("2026-03-11T00:00:00.001Z"))).resolves.toBe(0);
    await client.query("INSERT INTO spend_baselines VALUES ($1, $2, -11000, '2026-03-10T13:00:00Z')", [
      scope,
      id,
    ]);
    await expect(since("set since", noon)).resolves.toBe(111);
    await expect(since("set before", new Date("2026-03-10T14:00:00Z"))).resolves.toBe(11_000);
    await expect(since("all", null as never)).resolves.toBe(111);
  });
});

test("rows of long ago that took long, or have no sensible time, count once", async () => {
  const keyId = randomUUID();
  const ages = [0, 90_000, 1_800_000, 3_599_000, 3_601_000, 86_400_000];
  const items = ages.flatMap((age) =>
    [0, 1000, 3_000_000, 2_000_000_000].map((latencyMs) => ({
      row: auditRow({ keyId, costNanoUsd: 1, startedAt: new Date(Date.now() - age), latencyMs }),
      intent: undefined,
    })),
  );
  await writeItems(client, items);
  await createBudget(client, { account: `key:${keyId}`, period: "all", since: null });
  await expect(spentOf(`key:${keyId}`)).resolves.toEqual([{ spent: items.length }]);
});

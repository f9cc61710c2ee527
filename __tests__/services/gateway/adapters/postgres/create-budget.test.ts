import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { NOBODY } from "../../../../../services/gateway/adapters/commit-item";
import { createBudget } from "../../../../../services/gateway/adapters/postgres/create-budget";
import { writeItems } from "../../../../../services/gateway/adapters/postgres/write-items";
import { auditRow } from "../../../../support/services/audit-row";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

let postgres: EmbeddedPostgres;
let client: Client;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  client = new Client({ connectionString: await postgres.createDatabaseWithSchema("create_budget") });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

const spentOf = async (account: string) =>
  (await client.query("SELECT spent_nano_usd::int AS spent FROM budgets WHERE account = $1", [account])).rows;

test.each(["key", "user"] as const)(
  "what ends while the history of a %s is added up counts",
  async (scope) => {
    const keyId = randomUUID();
    const userId = `ada-of-${scope}`;
    const budget = { account: `${scope}:${scope === "key" ? keyId : userId}`, period: "all", since: null };
    const old = { startedAt: new Date(Date.now() - 86_400_000), latencyMs: 1000 };
    const running = { startedAt: new Date(Date.now() - 60_000), latencyMs: 60_000 };
    const intent = { owner: NOBODY, budgets: [], unreserved: [budget] };
    const row = (costNanoUsd: number, when: object) => auditRow({ keyId, userId, costNanoUsd, ...when });
    await writeItems(client, [
      { row: row(100, old), intent: undefined },
      { row: row(10, running), intent: undefined },
    ]);
    // Between the long look at the rows and the short one.
    const query = client.query.bind(client) as (...given: unknown[]) => Promise<unknown>;
    const meanwhile = jest.spyOn(client, "query").mockImplementation((async (...given: unknown[]) => {
      const result = await query(...given);
      if (String(given[0]).includes("AS spent FROM audit_log")) {
        meanwhile.mockRestore();
        await writeItems(client, [{ row: row(5, running), intent }]);
      }
      return result;
    }) as never);
    await createBudget(client, budget);
    await expect(spentOf(budget.account)).resolves.toEqual([{ spent: 115 }]);
    await createBudget(client, budget);
    await expect(spentOf(budget.account)).resolves.toEqual([{ spent: 115 }]);
  },
);

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

import { randomUUID } from "node:crypto";
import { Recalls, SpentReader } from "../../../../../services/gateway/store/postgres/budget-store";
import { describeBudgetStore } from "../../../../contracts/budget-store.contract";
import { acquireLease } from "../../../../support/services/acquire-lease";
import { auditRow } from "../../../../support/services/audit-row";
import { usePostgres } from "../../../../support/services/postgres-databases";

const databases = usePostgres();
const { openNew } = databases;

describeBudgetStore("postgres", async () => {
  const { database, name } = await openNew();
  return {
    store: database.budgets,
    audit: database.audit,
    leased: async (account) => {
      // The sum and its parts are kept in two tables; they must agree.
      const [row] = await databases.postgres.query<{ total: string; parts: string; spent: string }>(
        `SELECT b.leased_nano_usd AS total, coalesce(sum(l.amount_nano_usd), 0) AS parts, coalesce(sum(l.spent_nano_usd), 0) AS spent
           FROM budgets b LEFT JOIN budget_leases l USING (account, period)
          WHERE b.account = '${account}' GROUP BY b.account, b.period`,
        name,
      );
      expect(row?.parts).toBe(row?.total);
      return Number(row?.total ?? 0) - Number(row?.spent ?? 0);
    },
    rows: async () =>
      (
        await databases.postgres.query<{ cost: string; errorType: string | null }>(
          `SELECT cost_nano_usd AS cost, error_type AS "errorType" FROM audit_log`,
          name,
        )
      ).map(({ cost, errorType }) => ({ cost: Number(cost), errorType })),
  };
});

test("after the database's clock was set back a dead gateway's leases are held for a minute, and a living one's stay", async () => {
  const { database, name } = await openNew();
  const [dead, alive] = [randomUUID(), randomUUID()];
  for (const owner of [dead, alive]) await database.budgets.register(owner, 3000);
  await databases.postgres.query(
    "UPDATE ledger_owners SET expires_at = expires_at + interval '1 hour'",
    name,
  );
  await expect(database.budgets.recover()).resolves.toBe(0);
  const left = "SELECT owner FROM ledger_owners WHERE expires_at > clock_timestamp() + interval '1 min'";
  await expect(databases.postgres.query(left, name)).resolves.toEqual([]);
  // A minute later.
  await databases.postgres.query("UPDATE ledger_owners SET expires_at = expires_at - interval '61 s'", name);
  await database.budgets.heartbeat([alive], 30_000);
  await expect(database.budgets.recover()).resolves.toBe(1);
  await expect(databases.postgres.query("SELECT owner FROM ledger_owners", name)).resolves.toEqual([
    { owner: alive },
  ]);
});

test.each(["key", "user"] as const)(
  "the first use of a %s's budget counts all that was spent in its period, and what was set in it from there",
  async (scope) => {
    const { database } = await openNew();
    const [id, other] = [randomUUID(), randomUUID()];
    const spend = (costNanoUsd: number, startedAt: Date, by = id) => {
      const whose = scope === "key" ? { keyId: by } : { userId: by };
      return database.audit
        .open()
        ?.commit(auditRow({ keyId: randomUUID(), ...whose, costNanoUsd, startedAt }));
    };
    await spend(400, new Date("2026-01-01T00:00:00Z"));
    await spend(30, new Date("2026-02-01T00:00:00Z"));
    await spend(5000, new Date("2026-02-01T00:00:00Z"), other);
    const owner = randomUUID();
    await database.budgets.register(owner, 60_000);
    const amounts = { fullNano: 1, preferredNano: 1, leastNano: 1, endNano: 1, wantNano: 0 };
    const spent = async (period: string, since: Date | null) => {
      const request = { ...amounts, account: `${scope}:${id}`, period, since, owner, limitNano: 10_000 };
      return (await acquireLease(database.budgets, request)).spentNano;
    };
    await expect(spent("february", new Date("2026-02-01T00:00:00Z"))).resolves.toBe(30);
    await expect(spent("all", null)).resolves.toBe(430);
    await database.spend.set(scope, id, 7);
    await spend(2, new Date());
    // Of another duration, so not used yet.
    await expect(spent("all, again", null)).resolves.toBe(9);
    await expect(spent("set within it", new Date("2026-01-01T00:00:00Z"))).resolves.toBe(9);
    await expect(spent("set before it", new Date(Date.now() + 3_600_000))).resolves.toBe(0);
  },
);

test("spent amounts that are asked for at once are one statement, each answered in its place", async () => {
  const statements: unknown[][] = [];
  const pool = {
    query: async (_text: string, values: unknown[]) => {
      statements.push(values);
      return { rows: [{ place: "2", spent: "7" }] };
    },
  };
  const reader = new SpentReader(pool as never);
  const budgets = ["key:a", "key:b", "key:c"].map((account) => ({ account, period: "all" }));
  await expect(Promise.all(budgets.map((budget) => reader.read(budget)))).resolves.toEqual([
    undefined,
    7,
    undefined,
  ]);
  expect(statements).toEqual([["{key:a,key:b,key:c}", "{all,all,all}"]]);
});

describe("recalls", () => {
  function open() {
    const sent: unknown[] = [];
    const heard: unknown[] = [];
    const recalls = new Recalls({
      query: async ({ values }: { values: unknown[] }) => void sent.push(values),
    } as never);
    recalls.listen((of) => heard.push(of));
    return { recalls, sent, heard };
  }

  it("name what is recalled, and are passed on to all who listen", async () => {
    const { recalls, sent, heard } = open();
    await recalls.send(["budget", "key:a", "all"]);
    expect(sent).toEqual([["lease_recalls", '["budget","key:a","all"]']]);
    await recalls.onNotification({} as never, '["budget","key:a","all"]');
    expect(heard).toEqual([["budget", "key:a", "all"]]);
  });

  it("are not sent when Postgres would refuse them for their length", async () => {
    const { recalls, sent } = open();
    await recalls.send(["budget", "end_user:".concat("x".repeat(8000)), "all"]);
    expect(sent).toEqual([]);
  });

  it.each(["{}", "[1]", '"budget"'])(
    "do not understand %s, which a gateway of another version may send",
    async (message) => {
      const { recalls, heard } = open();
      await recalls.onNotification({} as never, message);
      expect(heard).toEqual([]);
    },
  );
});

import { randomUUID } from "node:crypto";
import { Client, type Pool } from "pg";
import { CircuitBreaker } from "../../../../../services/gateway/adapters/postgres/circuit-breaker";
import { CommitWatch } from "../../../../../services/gateway/adapters/postgres/commit-watch";
import { createDurabilityProbe } from "../../../../../services/gateway/adapters/postgres/probe";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

const AUDIT = {
  isAccepting: true,
  isJournaling: false,
  canJournal: true,
  isTakingIntents: true,
  hasBegun: true,
  journal: { bytes: 0, maxBytes: 1000 },
};

/** A probe whose statements succeed, fail, or never end. */
function open(audit: Partial<typeof AUDIT> = {}) {
  let now = 0;
  const clock = () => now;
  const statements = { answer: async (_work: string): Promise<void> => {}, asked: [] as string[] };
  const pool = {
    query: ({ values: [, work = ""] }: { values: string[] }) => {
      statements.asked.push(work);
      return statements.answer(work);
    },
  } as unknown as Pool;
  const breaker = (name: string) =>
    new CircuitBreaker({ name, now: clock, logger: { warn: () => {}, info: () => {} } as never });
  const state = { isConnected: true };
  const parts = { rows: new CommitWatch(clock), leases: breaker("budgets"), quotas: breaker("limits") };
  const probe = createDurabilityProbe({
    ...parts,
    gateway: randomUUID(),
    isConnected: () => state.isConnected,
    audit: { ...AUDIT, ...audit },
    pool,
    leasePool: pool,
    now: clock,
  });
  return { ...parts, probe, statements, state, pass: (ms: number) => (now += ms) };
}

const lockTaken = () => Promise.reject(Object.assign(new Error("lock timeout"), { code: "55P03" }));
const diskFull = () => Promise.reject(Object.assign(new Error("no space"), { code: "53100" }));

test("without traffic it commits something itself; however many ask, once", async () => {
  const { probe, statements, pass } = open();
  const answers = await Promise.all(Array.from({ length: 1000 }, () => probe()));
  expect(answers[0]).toMatchObject({
    isStarted: true,
    isConnected: true,
    audit: "database",
    hasBudgets: true,
  });
  pass(999);
  await probe();
  expect(statements.asked.sort()).toEqual(["counts", "leases", "rows"]);
});

test("while requests commit something, nothing is asked", async () => {
  const { probe, statements, pass, rows, leases, quotas } = open();
  for (let count = 0; count < 5; count += 1) {
    await rows.observe(async () => {});
    for (const breaker of [leases, quotas]) await breaker.run(async () => {});
    await probe();
    pass(1000);
  }
  expect(statements.asked).toEqual([]);
});

test.each([
  ["rows", { canJournal: true }, { audit: "journal", hasBudgets: false }],
  ["rows", { canJournal: false }, { audit: "none", hasBudgets: false }],
  ["leases", {}, { audit: "database", hasBudgets: false }],
  ["counts", {}, { audit: "database", hasBudgets: false }],
])("a lock that is not to be had for %s, with %j", async (locked, audit, expected) => {
  const { probe, statements, pass } = open(audit);
  statements.answer = (work) => (work === locked ? lockTaken() : Promise.resolve());
  await expect(probe()).resolves.toMatchObject(expected);
  statements.answer = async () => {};
  pass(4000);
  await expect(probe()).resolves.toMatchObject({ audit: "database", hasBudgets: true });
});

test("what the last requests came to is believed, and after some seconds it is tried", async () => {
  const { probe, pass, rows, leases } = open();
  await rows.observe(diskFull).catch(() => {});
  await leases.run(diskFull).catch(() => {});
  await expect(probe()).resolves.toMatchObject({ audit: "journal", hasBudgets: false });
  pass(4000);
  await expect(probe()).resolves.toMatchObject({ audit: "database", hasBudgets: true });
});

test.each([
  ["rows go to the journal", { isJournaling: true, isTakingIntents: false }, { audit: "journal" }],
  ["intents are not written", { isTakingIntents: false }, { audit: "database" }],
  ["no row is taken", { isAccepting: false }, { audit: "none" }],
  ["it has not begun", { isAccepting: false, hasBegun: false }, { audit: "none", isStarted: false }],
])("%s", async (_what, audit, expected) => {
  await expect(open(audit).probe()).resolves.toMatchObject({ ...expected, hasBudgets: false });
});

test.each([
  [{ canJournal: true }, "journal"],
  [{ canJournal: false }, "database"],
])("rows that are late with %j: budgets are for others, and nobody is sent away", async (audit, expected) => {
  const { probe, rows, pass } = open(audit);
  void rows.observe(() => new Promise(() => {}));
  pass(2500);
  await expect(probe()).resolves.toMatchObject({ audit: expected, hasBudgets: false });
});

test("an open circuit is believed before any probe", async () => {
  const { probe, leases } = open();
  for (let count = 0; count < 3; count += 1) await leases.run(diskFull).catch(() => {});
  await expect(probe()).resolves.toMatchObject({ audit: "database", hasBudgets: false });
});

test("nothing is asked of a database that is away", async () => {
  const { probe, statements, state } = open({ isJournaling: true, isTakingIntents: false });
  state.isConnected = false;
  await expect(probe()).resolves.toMatchObject({ isConnected: false, audit: "journal", hasBudgets: false });
  expect(statements.asked).toEqual([]);
});

describe("probe_commit", () => {
  let postgres: EmbeddedPostgres;
  let [here, other]: Client[] = [];
  const gateway = randomUUID();
  const commit = (work: string) => here?.query("SELECT probe_commit($1, $2)", [gateway, work]);

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start();
    const connectionString = await postgres.createDatabaseWithSchema("probe");
    [here, other] = [new Client({ connectionString }), new Client({ connectionString })];
    await Promise.all([here.connect(), other.connect()]);
  });
  afterAll(async () => {
    await Promise.all([here?.end(), other?.end()]);
    await postgres.stop();
  });

  test.each([
    ["rows", "audit_log", "ACCESS EXCLUSIVE"],
    ["leases", "ledger_owners", "SHARE"],
    ["leases", "budgets", "SHARE"],
    ["leases", "budget_leases", "SHARE"],
    ["leases", "intent_batches", "SHARE"],
    ["counts", "rate_accounts", "SHARE"],
    ["counts", "rate_blocks", "SHARE"],
  ])(
    "of %s gives up on %s that others have locked in mode %s, and works afterwards",
    async (work, table, mode) => {
      await other?.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
      await expect(commit(work)).rejects.toMatchObject({ code: "55P03" });
      await other?.query("ROLLBACK");
      await commit(work);
    },
  );

  test("does not wait for those who read, nor for locks on months that are over", async () => {
    await other?.query(
      "BEGIN; LOCK TABLE audit_log, budgets IN ACCESS SHARE MODE; LOCK TABLE audit_log_other",
    );
    for (const work of ["rows", "leases", "counts"]) await commit(work);
    await other?.query("ROLLBACK");
  });

  test("keeps one row for each kind, and fails on a server that only reads", async () => {
    for (const work of ["rows", "leases", "counts", "rows"]) await commit(work);
    const { rows } = (await other?.query("SELECT work FROM gateway_probes ORDER BY work")) ?? { rows: [] };
    expect(rows).toEqual([{ work: "counts" }, { work: "leases" }, { work: "rows" }]);
    await here?.query("SET default_transaction_read_only = on");
    await expect(commit("rows")).rejects.toMatchObject({ code: "25006" });
    await here?.query("RESET default_transaction_read_only");
  });
});

import { randomUUID } from "node:crypto";
import { Client, type Pool } from "pg";
import { CommitWatch } from "../../../../../services/gateway/store/postgres/audit-log";
import {
  CircuitBreaker,
  CircuitOpenError,
  createDurabilityProbe,
  guardStatements,
} from "../../../../../services/gateway/store/postgres/circuit-breaker";
import { isRefused } from "../../../../../services/gateway/store/postgres/errors";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

describe("circuit breaker", () => {
  function open() {
    let now = 0;
    const lines: string[] = [];
    const log = (_fields: unknown, message: string) => void lines.push(message.split(":")[0] ?? "");
    const logger = { warn: log, info: log } as never;
    const breaker = new CircuitBreaker({ name: "budgets", logger, now: () => now });
    return { breaker, lines, pass: (ms: number) => (now += ms) };
  }

  const timeout = () => Promise.reject(Object.assign(new Error("too late"), { code: "57014" }));
  const refused = () => Promise.reject(Object.assign(new Error("no such owner"), { code: "23503" }));

  async function trip({ breaker }: ReturnType<typeof open>): Promise<void> {
    for (let count = 0; count < 3; count += 1) await expect(breaker.run(timeout)).rejects.toThrow("too late");
  }

  test("after a few failures in a row nobody waits any more, and it is certain that nothing was done", async () => {
    const opened = open();
    const { breaker, lines } = opened;
    await trip(opened);
    expect(breaker.isOpen).toBe(true);
    const work = jest.fn(timeout);
    const error = await breaker.run(work).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(isRefused(error)).toBe(true);
    expect(work).not.toHaveBeenCalled();
    expect(lines).toEqual(["circuit breaker open"]);
  });

  test("answers in between, refusals too, keep it closed", async () => {
    const { breaker } = open();
    for (let count = 0; count < 4; count += 1) {
      await breaker.run(timeout).catch(() => {});
      await breaker.run(timeout).catch(() => {});
      await breaker.run(count % 2 === 0 ? refused : async () => {}).catch(() => {});
    }
    expect(breaker.isOpen).toBe(false);
  });

  test("once a second one finds out whether it works again; the first success closes it, with one line", async () => {
    const opened = open();
    const { breaker, lines, pass } = opened;
    await trip(opened);
    pass(1000);
    let end: (error?: Error) => void = () => {};
    const hanging = () =>
      new Promise<void>(
        (resolve, reject) => (end = (error) => (error === undefined ? resolve() : reject(error))),
      );
    const probe = breaker.run(hanging);
    // One at a time, however long it takes.
    pass(5000);
    await expect(breaker.run(async () => {})).rejects.toBeInstanceOf(CircuitOpenError);
    end(Object.assign(new Error("still"), { code: "57014" }));
    await expect(probe).rejects.toThrow("still");
    await expect(breaker.run(async () => {})).rejects.toBeInstanceOf(CircuitOpenError);
    pass(1000);
    await expect(breaker.run(async () => "back")).resolves.toBe("back");
    expect(breaker.isOpen).toBe(false);
    await expect(breaker.run(async () => "all")).resolves.toBe("all");
    expect(lines).toEqual(["circuit breaker open", "circuit breaker closed"]);
  });

  test("single statements are guarded, transactions are not", async () => {
    const opened = open();
    const others = { connect: jest.fn(async () => "client"), idleCount: 3 };
    const statements = { query: jest.fn(timeout) };
    const pool = guardStatements({
      breaker: opened.breaker,
      statements: statements as unknown as Pool,
      others: others as unknown as Pool,
    });
    for (let count = 0; count < 5; count += 1) await pool.query("UPDATE", [1]).catch(() => {});
    expect(statements.query.mock.calls).toEqual(Array.from({ length: 3 }, () => ["UPDATE", [1]]));
    await expect(pool.connect()).resolves.toBe("client");
    expect(pool.idleCount).toBe(3);
    expect(opened.breaker.isOpen).toBe(true);
  });
});

describe("probe", () => {
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
  ])(
    "rows that are late with %j: budgets are for others, and nobody is sent away",
    async (audit, expected) => {
      const { probe, rows, pass } = open(audit);
      void rows.observe(() => new Promise(() => {}));
      pass(2500);
      await expect(probe()).resolves.toMatchObject({ audit: expected, hasBudgets: false });
    },
  );

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
});

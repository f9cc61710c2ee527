import { randomUUID } from "node:crypto";
import type { Pool } from "pg";
import type { Intent } from "../../../../../services/gateway/store/audit-log";
import { END_INTENTS, PUT_INTENTS } from "../../../../../services/gateway/store/postgres/budget-statements";
import {
  decodeIntents,
  encodeIntents,
  PostgresIntentLog,
} from "../../../../../services/gateway/store/postgres/intent-log";
import { auditRow } from "../../../../support/services/audit-row";

describe("intent log", () => {
  const OWNER = randomUUID();
  const SWEEP_MS = 500;
  /** How far apart the log keeps its statements. */
  const SPACING_MS = 12;
  const AWAY = new Error("away");
  const OWNER_ENDED = Object.assign(new Error("owner was ended"), { code: "23503" });

  interface Statement {
    readonly text: string;
    readonly owner: string;
    /** Of a batch that is put, or the last one that is looked at. */
    readonly batch: number;
    /** Batches that are deleted with a put, or kept by a sweep. */
    readonly batches: string;
    readonly requests: readonly string[];
  }

  /** What is in the table, by the rules of the two statements; `answers` says what becomes of each. */
  class FakePool {
    readonly statements: Statement[] = [];
    readonly stored = new Map<string, readonly string[]>();
    /** Runs before each statement. `lose` acts on it and then fails. */
    next: (statement: Statement) => Promise<"act" | "lose"> = async () => "act";

    readonly query = async ({ text, values }: { text: string; values: unknown[] }) => {
      const isPut = text === PUT_INTENTS;
      const statement: Statement = {
        text,
        owner: String(values[0]),
        batch: Number(values[1]),
        batches: String(values[isPut ? 3 : 2]),
        requests: isPut ? (JSON.parse(String(values[2])) as Intent[]).map((one) => one.requestId) : [],
      };
      this.statements.push(statement);
      const outcome = await this.next(statement);
      const named = (key: string) =>
        (JSON.parse(`[${statement.batches.slice(1, -1)}]`) as number[]).includes(Number(key.split(" ")[1]));
      for (const key of this.stored.keys()) {
        const [owner, batch] = key.split(" ");
        if (owner !== statement.owner) continue;
        if (isPut ? named(key) : Number(batch) <= statement.batch && !named(key)) this.stored.delete(key);
      }
      if (isPut) this.stored.set(`${statement.owner} ${statement.batch}`, statement.requests);
      if (outcome === "lose") throw AWAY;
      return { rows: [] };
    };
  }

  let pool: FakePool;
  let log: PostgresIntentLog;
  let errors: string[];
  beforeEach(() => {
    jest.useFakeTimers();
    pool = new FakePool();
    errors = [];
    log = new PostgresIntentLog({
      pool: pool as unknown as Pool,
      logger: {
        warn: () => {},
        error: (about: object) => void errors.push((about as { requestId: string }).requestId),
      },
      timeoutMs: 10_000,
    });
  });
  afterEach(() => {
    log.stop();
    jest.useRealTimers();
  });

  const intent = (requestId: string, owner = OWNER): Intent => ({
    requestId,
    owner,
    budgets: [{ account: "key:1", period: "all" }],
    reservedNano: 5,
    row: auditRow({ requestId }),
  });
  const put = async (...ids: string[]) => {
    const written = Promise.all(ids.map((id) => log.put(intent(id))));
    await pass(SPACING_MS);
    await written;
  };
  /** Statement by statement, as `put <batch> <requests> -<deleted>` or `sweep <last batch> +<kept>`. */
  const told = () =>
    pool.statements.map(({ text, batch, batches, requests }) =>
      text === END_INTENTS ? `sweep ${batch} +${batches}` : `put ${batch} ${requests.join(",")} -${batches}`,
    );
  const stored = () => [...pool.stored.values()].flat();
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  test("an intent is written whole, and resolves when it is", async () => {
    let isWritten = false;
    let answer = () => {};
    pool.next = () => new Promise((resolve) => (answer = () => resolve("act")));
    const written = log.put(intent("a")).then(() => (isWritten = true));
    await pass(100);
    expect([isWritten, told()]).toEqual([false, ["put 1 a -{}"]]);
    answer();
    await written;
    expect(pool.stored).toEqual(new Map([[`${OWNER} 1`, ["a"]]]));
  });

  test("what comes while a statement runs is one batch, whatever its size", async () => {
    await put("a", "b", "c", "d");
    expect(told()).toEqual(["put 1 a -{}", "put 2 b,c,d -{}"]);
  });

  test("a batch goes with the next put after its last request has its row", async () => {
    await put("a", "b", "c");
    log.end("b");
    await put("d");
    log.end("c");
    log.end("a");
    await put("e");
    expect(told().slice(2)).toEqual(["put 3 d -{}", "put 4 e -{2,1}"]);
    expect(stored()).toEqual(["d", "e"]);
  });

  test("when no requests come, a sweep deletes what is not in use, once", async () => {
    await put("a", "b");
    log.end("b");
    await pass(SWEEP_MS - 1);
    expect(told()).toHaveLength(2);
    await pass(1);
    expect([told()[2], stored()]).toEqual(["sweep 2 +{1}", ["a"]]);
    await pass(10 * SWEEP_MS);
    expect(told()).toHaveLength(3);
    log.end("a");
    await pass(SWEEP_MS);
    expect([told()[3], stored()]).toEqual(["sweep 2 +{}", []]);
  });

  test("a sweep that fails is repeated", async () => {
    await put("a");
    log.end("a");
    pool.next = () => Promise.reject(AWAY);
    await pass(3 * SWEEP_MS);
    expect([told().length, stored()]).toEqual([4, ["a"]]);
    pool.next = async () => "act";
    await pass(SWEEP_MS);
    expect(stored()).toEqual([]);
  });

  test("a batch that is being written is not swept, though its number is known", async () => {
    await put("a");
    log.end("a");
    let answer = () => {};
    pool.next = () => new Promise((resolve) => (answer = () => resolve("act")));
    const written = log.put(intent("b"));
    pool.next = async () => "act";
    await pass(SWEEP_MS);
    expect(told().slice(1)).toEqual(["put 2 b -{1}", "sweep 2 +{2}"]);
    answer();
    await written;
    expect(stored()).toEqual(["b"]);
  });

  test.each([["lose"], ["fail"]])(
    "of a put that failed (%s) nobody knows whether it is there: it is written anew, and the old one swept",
    async (how) => {
      await put("x");
      log.end("x");
      pool.next = async () => {
        if (how === "fail") throw AWAY;
        return "lose";
      };
      const written = log.put(intent("a"));
      await pass(0);
      pool.next = async () => "act";
      await pass(50);
      await written;
      // What was to be deleted with it is deleted with the next one.
      expect(told().slice(1)).toEqual(["put 2 a -{1}", "put 3 a -{1}"]);
      await pass(SWEEP_MS);
      expect(told()[3]).toBe("sweep 3 +{3}");
      expect(pool.stored).toEqual(new Map([[`${OWNER} 3`, ["a"]]]));
    },
  );

  test("a request that does not wait any longer leaves nothing behind", async () => {
    pool.next = () => Promise.reject(AWAY);
    const refused = expect(log.put(intent("a"))).rejects.toMatchObject({ name: "AuditNotCommittedError" });
    await pass(10_000);
    await refused;
    log.end("a");
    pool.next = async () => "act";
    log.onReady();
    await pass(2 * SWEEP_MS);
    expect(stored()).toEqual([]);
  });

  test("an intent of an owner that was ended is refused, those beside it are written", async () => {
    const ended = randomUUID();
    pool.next = async ({ owner }) => {
      if (owner === ended) throw OWNER_ENDED;
      return "act";
    };
    const first = log.put(intent("a"));
    const refused = expect(log.put(intent("b", ended))).rejects.toMatchObject({
      name: "AuditNotCommittedError",
    });
    const beside = log.put(intent("c"));
    await pass(2 * SPACING_MS);
    await Promise.all([first, refused, beside]);
    expect(errors).toEqual(["b"]);
    expect(stored().sort()).toEqual(["a", "c"]);
    for (const id of ["a", "b", "c"]) log.end(id);
    await pass(SWEEP_MS);
    expect(stored()).toEqual([]);
  });

  test("each owner's intents are rows of their own", async () => {
    const other = randomUUID();
    const first = log.put(intent("a"));
    await Promise.all([
      first,
      log.put(intent("b", other)),
      log.put(intent("c")),
      log.put(intent("d", other)),
    ]);
    expect(pool.stored).toEqual(
      new Map([
        [`${OWNER} 1`, ["a"]],
        [`${other} 2`, ["b", "d"]],
        [`${OWNER} 3`, ["c"]],
      ]),
    );
  });

  test("after Postgres was away, what still runs is written again: it may have lost what was not on its disk", async () => {
    await put("a", "b", "c");
    log.end("b");
    pool.stored.clear();
    log.onReady();
    await pass(SPACING_MS);
    expect(stored().sort()).toEqual(["a", "c"]);
    // The batches from before are given up.
    await pass(SWEEP_MS);
    expect([...pool.stored.keys()].every((key) => Number(key.split(" ")[1]) > 2)).toBe(true);
    log.end("a");
    log.end("c");
    await pass(SWEEP_MS);
    expect(stored()).toEqual([]);
  });

  test("when Postgres is back an intent that waits is written at once", async () => {
    pool.next = () => Promise.reject(AWAY);
    const written = log.put(intent("a"));
    await pass(700);
    const tries = told().length;
    pool.next = async () => "act";
    log.onReady();
    await written;
    expect(told()).toHaveLength(tries + 1);
  });

  test("what was deleted just before a crash, and is back, is swept when Postgres is", async () => {
    await put("a");
    log.end("a");
    await put("b");
    expect(stored()).toEqual(["b"]);
    pool.stored.set(`${OWNER} 1`, ["a"]);
    log.onReady();
    await pass(SWEEP_MS);
    expect(stored()).toEqual(["b"]);
  });

  test.each([
    ["a sweep is due", 0],
    ["one runs, and fails then", SWEEP_MS],
  ])("after a stop while %s nothing is written or deleted any more", async (_what, ms) => {
    await put("a", "b");
    log.end("a");
    let fail = () => {};
    pool.next = () => new Promise((_resolve, reject) => (fail = () => reject(AWAY)));
    await pass(ms);
    const count = told().length;
    log.stop();
    fail();
    await pass(0);
    log.end("b");
    log.put(intent("c")).catch(() => {});
    await pass(20 * SWEEP_MS);
    expect(told()).toHaveLength(count);
  });
});

describe("intent json", () => {
  const budgets = [{ account: "key:1", period: "all" }];
  const intent = { requestId: "1", owner: "2", budgets, reservedNano: 5 };

  test("intents come back as they were", () => {
    const intents = [
      { ...intent, row: auditRow({ costNanoUsd: null, endUser: "ada", isStream: true }) },
      { ...intent, row: auditRow({ costNanoUsd: 0, keyId: null }) },
    ];
    expect(decodeIntents(encodeIntents(intents))).toEqual(intents);
  });

  test("what is not known yet is not written", () => {
    const row = auditRow({ endUser: null, outputTokens: 0, isStream: false, ttftMs: null, keyAlias: "ada" });
    const text = encodeIntents([{ ...intent, row }]);
    expect(text).toContain('"keyAlias":"ada"');
    for (const name of ["endUser", "outputTokens", "isStream", "ttftMs"]) expect(text).not.toContain(name);
  });
});

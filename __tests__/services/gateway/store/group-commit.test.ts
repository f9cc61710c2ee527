import { GroupCommit } from "../../../../services/gateway/store/group-commit";
import { eventually } from "../../../support/services/eventually";

const settings = (write: (rows: readonly number[]) => Promise<void>, extra = {}) => ({
  write,
  isRowFault: () => false,
  onRowFault: () => {},
  onError: () => {},
  ...extra,
});

function commitAll(commits: GroupCommit<number>, rows: number[]): Promise<void>[] {
  return rows.map((row) => {
    expect(commits.announce()).toBe(true);
    return commits.commit(row);
  });
}

test("one write at a time; what comes meanwhile is the next batch", async () => {
  const batches: number[][] = [];
  let running = 0;
  const commits = new GroupCommit<number>(
    settings(async (rows) => {
      running += 1;
      expect(running).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
      batches.push([...rows]);
      running -= 1;
    }),
  );
  const first = commitAll(commits, [1]);
  const more = commitAll(commits, [2, 3, 4]);
  await Promise.all([...first, ...more]);
  expect(batches).toEqual([[1], [2, 3, 4]]);
});

test("a batch is bounded, and the order is kept", async () => {
  const batches: number[][] = [];
  const commits = new GroupCommit<number>(
    settings(async (rows) => void batches.push([...rows]), { batchRows: 2 }),
  );
  await Promise.all(commitAll(commits, [1, 2, 3, 4, 5]));
  expect(batches.every((batch) => batch.length <= 2)).toBe(true);
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5]);
});

test("announced and queued rows fill the room; giving room back makes room", () => {
  const commits = new GroupCommit<number>(
    settings(() => new Promise(() => {}), { capacity: 2, timeoutMs: 10 }),
  );
  expect(commits.announce()).toBe(true);
  expect(commits.announce()).toBe(true);
  expect(commits.announce()).toBe(false);
  commits.commit(1).catch(() => {});
  expect(commits.announce()).toBe(false);
  commits.withdraw();
  expect(commits.announce()).toBe(true);
});

test("a write that fails is repeated with the same rows, and a late row is still written", async () => {
  let failures = 3;
  const written: number[] = [];
  const commits = new GroupCommit<number>(
    settings(
      async (rows) => {
        failures -= 1;
        if (failures >= 0) throw new Error("away");
        written.push(...rows);
      },
      { timeoutMs: 20 },
    ),
  );
  const [late] = commitAll(commits, [1]);
  await expect(late).rejects.toThrow(/in time/);
  expect(commits.isFailing).toBe(true);
  await eventually(() => written.length === 1);
  expect(commits.isFailing).toBe(false);
});

test("a row that can never be written does not hold up the others", async () => {
  const written = new Set<number>();
  const refused: number[] = [];
  const commits = new GroupCommit<number>(
    settings(
      async (rows) => {
        if (rows.includes(13)) throw new Error("data");
        for (const row of rows) written.add(row);
      },
      { isRowFault: () => true, onRowFault: (row: number) => refused.push(row) },
    ),
  );
  const results = await Promise.allSettled(commitAll(commits, [1, 12, 13, 14]));
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  expect([...written]).toEqual([1, 12, 14]);
  expect(refused).toEqual([13]);
  expect(commits.isFailing).toBe(false);
});

test("one bad row of 500 costs a few writes more, not one for each row", async () => {
  const sizes: number[] = [];
  const commits = new GroupCommit<number>(
    settings(
      async (rows) => {
        sizes.push(rows.length);
        if (rows.includes(321)) throw new Error("data");
      },
      { isRowFault: () => true, gatherMs: 0 },
    ),
  );
  const first = commitAll(commits, [-1]);
  const rows = commitAll(
    commits,
    Array.from({ length: 500 }, (_, row) => row),
  );
  const results = await Promise.allSettled([...first, ...rows]);
  expect(results.flatMap(({ status }, index) => (status === "rejected" ? [index - 1] : []))).toEqual([321]);
  expect(sizes.length).toBeLessThan(25);
});

test("flush gives up in time and says what is left", async () => {
  const commits = new GroupCommit<number>(
    settings(() => Promise.reject(new Error("away")), { timeoutMs: 10 }),
  );
  for (const row of commitAll(commits, [1, 2])) row.catch(() => {});
  await expect(commits.flush(50)).resolves.toBe(2);
  commits.stop();
});

test("a stop tells those who wait, and leaves no timer behind", async () => {
  jest.useFakeTimers();
  try {
    let fail = (_error: Error): void => {};
    const write = () =>
      new Promise<void>((_resolve, reject) => {
        fail = reject;
      });
    const commits = new GroupCommit<number>(settings(write, { gatherMs: 10 }));
    const rows = Promise.allSettled(commitAll(commits, [1, 2]));
    commits.stop();
    const lost = { status: "rejected", reason: { message: "not committed before the end" } };
    await expect(rows).resolves.toMatchObject([lost, lost]);
    await expect(commits.append(3)).rejects.toThrow("not committed before the end");
    fail(new Error("away"));
    await jest.advanceTimersByTimeAsync(0);
    expect(jest.getTimerCount()).toBe(0);
  } finally {
    jest.useRealTimers();
  }
});

test("who measures is told of each write, of failed ones too, and of rows that came late", async () => {
  const told: unknown[] = [];
  let isBroken = true;
  const commits = new GroupCommit<number>(
    settings(
      async () => {
        if (isBroken) throw new Error("away");
      },
      {
        timeoutMs: 1,
        observer: {
          written: (rows: number, ms: number, isDone: boolean) => told.push([rows, ms >= 0, isDone]),
          late: () => told.push("late"),
        },
      },
    ),
  );
  const late = commitAll(commits, [1, 2]);
  expect([commits.queued, commits.taken, commits.waitingMs >= 0]).toEqual([2, 2, true]);
  await Promise.allSettled(late);
  isBroken = false;
  await commits.flush(5000);
  expect(told.filter((one) => one === "late")).toHaveLength(2);
  expect(told[0]).toEqual([1, true, false]);
  expect(told.at(-1)).toEqual([expect.any(Number), true, true]);
  expect([commits.queued, commits.taken, commits.waitingMs]).toEqual([0, 0, 0]);
});

test("for how long the first row has waited is known while its write hangs", async () => {
  const commits = new GroupCommit<number>(settings(() => new Promise(() => {}), { timeoutMs: 60_000 }));
  for (const waiting of commitAll(commits, [1, 2])) waiting.catch(() => {});
  await eventually(() => commits.waitingMs > 30);
  expect(commits.queued).toBe(2);
  commits.stop();
});

describe("spaced writes", () => {
  /** Writes whose batches are noted. */
  function open(spacingMs: number) {
    const batches: number[] = [];
    const write = async (rows: readonly number[]) => void batches.push(rows.length);
    return { batches, commits: new GroupCommit<number>(settings(write, { spacingMs })) };
  }

  test("a row that comes soon after a write waits for others, one that comes alone does not", async () => {
    // Far more than a test takes: nothing but three rows ends this pause.
    const { batches, commits } = open(600_000);
    await Promise.all(commitAll(commits, [1]));
    const more = commitAll(commits, [2]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(batches).toEqual([1]);
    more.push(...commitAll(commits, [3, 4]));
    await Promise.all(more);
    expect(batches).toEqual([1, 3]);
  });

  test("whoever sends one row after the other soon does not wait any more", async () => {
    const { batches, commits } = open(20);
    const timers = jest.spyOn(global, "setTimeout");
    for (let row = 0; row < 100; row += 1) await Promise.all(commitAll(commits, [row]));
    const pauses = timers.mock.calls.filter(([, ms]) => (ms ?? 0) <= 20).length;
    timers.mockRestore();
    expect(batches).toHaveLength(100);
    expect(pauses).toBeLessThan(10);
  });

  test("a flush waits for what is being waited with", async () => {
    const { batches, commits } = open(20);
    await Promise.all(commitAll(commits, [1]));
    const last = commitAll(commits, [2]);
    await expect(commits.flush(60_000)).resolves.toBe(0);
    await Promise.all(last);
    expect(batches).toEqual([1, 1]);
  });
});

import { ReportQueue } from "../../../../../services/gateway/admin/spend/report-queue";
import { eventually } from "../../../../support/services/eventually";

const settings = { running: 2, waiting: 4, waitingOfOne: 3, waitMs: 60_000 };

const opened: { readonly queue: ReportQueue; readonly ends: ReadonlyMap<string, () => void> }[] = [];

// Nothing is left waiting: it would be refused when its time is over, in the middle of another file's tests.
afterEach(async () => {
  for (const { queue, ends } of opened.splice(0))
    while (queue.running > 0) {
      for (const end of ends.values()) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
});

/** Reports that end when they are told to. */
function open(props: Partial<typeof settings> = {}) {
  const queue = new ReportQueue({ ...settings, ...props });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  opened.push({ queue, ends });
  const ask = (name: string, caller = name[0] ?? "", isGone?: () => boolean) =>
    queue.run(
      caller,
      () => {
        started.push(name);
        return new Promise<string>((resolve) => ends.set(name, () => resolve(name)));
      },
      isGone === undefined ? {} : { isGone },
    );
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, started, ask, end };
}

test("the third report waits for its turn instead of being refused", async () => {
  const { queue, started, ask, end } = open();
  const answers = [ask("a1"), ask("a2"), ask("a3")];
  expect([queue.running, queue.waiting]).toEqual([2, 1]);
  await end("a1");
  expect(started).toEqual(["a1", "a2", "a3"]);
  await end("a2");
  await end("a3");
  await expect(Promise.all(answers)).resolves.toEqual(["a1", "a2", "a3"]);
  expect([queue.running, queue.waiting]).toEqual([0, 0]);
});

test("turns go round the callers: who asks for one report is not behind all of another's", async () => {
  const { started, ask, end } = open({ running: 1 });
  for (const name of ["a1", "a2", "a3", "b1"]) void ask(name);
  for (const name of ["a1", "a2", "b1"]) await end(name);
  expect(started).toEqual(["a1", "a2", "b1", "a3"]);
});

test("a caller has its bound, and another one its place", async () => {
  const { ask } = open({ running: 1 });
  for (const name of ["a1", "a2", "a3", "a4"]) void ask(name);
  await expect(ask("a5")).rejects.toMatchObject({
    status: 429,
    code: "too_many_reports",
    retryAfterSeconds: 2,
  });
  void ask("b1");
  await expect(ask("c1")).rejects.toMatchObject({ status: 503, code: "gateway_overloaded" });
});

test("a wait has an end, and a report that failed gives its place back", async () => {
  const { queue, ask } = open({ running: 1, waitMs: 20 });
  void ask("a1");
  await expect(ask("b1")).rejects.toMatchObject({ status: 503, code: "gateway_overloaded" });
  expect(queue.waiting).toBe(0);
  const other = open({ running: 1 }).queue;
  await expect(other.run("a", () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  expect(other.running).toBe(0);
});

test("an answer that has begun is not broken off because many wait", async () => {
  const { queue, ask, end } = open({ running: 1 });
  for (const name of ["a1", "a2", "a3", "a4"]) void ask(name);
  const next = queue.run("a", async () => "next part", { isBegun: true });
  for (const name of ["a1", "a2", "a3", "a4"]) await end(name);
  await expect(next).resolves.toBe("next part");
});

test("nothing is asked for somebody who has gone", async () => {
  let isGone = false;
  const { queue, started, ask, end } = open({ running: 1 });
  void ask("a1");
  const left = ask("b1", "b", () => isGone);
  left.catch(() => {});
  void ask("c1");
  isGone = true;
  await end("a1");
  await eventually(() => started.includes("c1"));
  expect(started).toEqual(["a1", "c1"]);
  expect(queue.running).toBe(1);
  await expect(left).rejects.toMatchObject({ status: 503 });
});

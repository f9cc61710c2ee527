import { CommitWatch } from "../../../../../services/gateway/adapters/postgres/commit-watch";

function open() {
  let now = 0;
  const watch = new CommitWatch(() => now);
  return { watch, pass: (ms: number) => (now += ms) };
}

const failing = (error: object) => () => Promise.reject(Object.assign(new Error("failed"), error));

test("the last outcome counts, until it is too old to say something", async () => {
  const { watch, pass } = open();
  expect(watch.verdict).toBe("unknown");
  await watch.observe(async () => {});
  expect(watch.verdict).toBe("working");
  // The disk is full.
  await expect(watch.observe(failing({ code: "53100" }))).rejects.toThrow("failed");
  expect(watch.verdict).toBe("failing");
  await watch.observe(async () => {});
  pass(2999);
  expect(watch.verdict).toBe("working");
  pass(2);
  expect(watch.verdict).toBe("unknown");
});

test("a commit that does not come to its end is late before it has failed", async () => {
  const { watch, pass } = open();
  let end = () => {};
  const running = watch.observe(() => new Promise<void>((resolve) => (end = resolve)));
  await watch.observe(async () => {});
  pass(2001);
  expect(watch.verdict).toBe("late");
  end();
  await running;
  expect(watch.verdict).toBe("working");
});

test.each([
  ["a value that cannot be stored is none of the database's", { code: "22021" }, "working"],
  ["a lock that others hold for a moment says nothing", { code: "55P03" }, "unknown"],
  ["a server that only reads commits nothing", { code: "25006" }, "failing"],
  ["a schema that somebody altered takes nothing", { code: "42703" }, "failing"],
])("%s", async (_what, error, verdict) => {
  const { watch } = open();
  await watch.observe(failing(error)).catch(() => {});
  expect(watch.verdict).toBe(verdict);
});

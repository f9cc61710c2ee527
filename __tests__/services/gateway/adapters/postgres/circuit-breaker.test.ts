import type { Pool } from "pg";
import {
  CircuitBreaker,
  CircuitOpenError,
  guardStatements,
} from "../../../../../services/gateway/adapters/postgres/circuit-breaker";
import { isRefused } from "../../../../../services/gateway/adapters/postgres/error-class";

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
  expect(lines).toEqual(["circuit opened"]);
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
  expect(lines).toEqual(["circuit opened", "circuit closed"]);
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

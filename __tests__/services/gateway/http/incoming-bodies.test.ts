import { PassThrough } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { GatewayError } from "../../../../services/gateway/errors/gateway-error";
import { Capacity } from "../../../../services/gateway/http/capacity";
import { IncomingBodies } from "../../../../services/gateway/http/incoming-bodies";

let now: number;
let capacity: Capacity;
let bodies: IncomingBodies;

beforeEach(() => {
  now = 0;
  capacity = new Capacity({ maxAnswers: 8, maxBodyBytes: 100_000 }, 100_000);
  bodies = new IncomingBodies({ bodyTimeoutMs: 60_000, bodyMinBytesPerSecond: 1000 }, () => now);
});

function receive(length?: number, limit = 50_000) {
  const payload = new PassThrough();
  const room = capacity.openRoom({ caller: "a", address: "10.0.0.1" }, "models");
  const results: { error: GatewayError | null; text: string | undefined }[] = [];
  bodies.receive({ payload, room, limit, length }, (error, bytes) =>
    results.push({ error, text: bytes?.toString() }),
  );
  return { payload, room, results };
}
const turn = () => new Promise(setImmediate);

/** Bytes, without what nobody refers to any more. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Time passes, and it is looked once a second. */
function pass(seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    now += 1000;
    bodies.look();
  }
}

test("a body in pieces is one piece at the end; its bytes stay booked until they are released", async () => {
  const { payload, room, results } = receive(6);
  payload.write("one");
  await turn();
  expect([capacity.bodiesUnderway, capacity.bodyBytes]).toEqual([1, 3]);
  payload.end("two");
  await turn();
  expect(results).toEqual([{ error: null, text: "onetwo" }]);
  expect([capacity.bodiesUnderway, capacity.bodyBytes]).toEqual([0, 6]);
  room.release();
  expect(capacity.bodyBytes).toBe(0);
});

test("a body that comes byte by byte takes little more memory than its bytes", async () => {
  const LENGTH = 40_000;
  const { payload, results } = receive(LENGTH);
  const before = heapInUse();
  for (let count = 0; count < LENGTH; count += 1) {
    // As the parser of Node hands over what comes: each piece in memory of its own.
    payload.write(Buffer.allocUnsafeSlow(1).fill("a"));
    if (count % 1000 === 0) await turn();
  }
  await turn();
  expect(capacity.bodyBytes).toBe(LENGTH);
  expect(heapInUse() - before).toBeLessThan(2_000_000);
  payload.end();
  await turn();
  expect(results).toEqual([{ error: null, text: "a".repeat(LENGTH) }]);
});

test.each([1, 7, 1000, 1024, 1500, 49_999])(
  "pieces of %d bytes are put together in their order",
  async (size) => {
    const text = Array.from({ length: 10_000 }, (_, index) => String(index).padStart(5, "0")).join("");
    const { payload, results } = receive(undefined, text.length);
    for (let at = 0; at < text.length; at += size) payload.write(text.slice(at, at + size));
    payload.end();
    await turn();
    expect(results[0]?.text === text).toBe(true);
  },
);

test("a body over its limit is refused, by what it says or by what comes", async () => {
  expect(receive(11, 10).results).toMatchObject([{ error: { status: 413 } }]);
  const { payload, results } = receive(undefined, 10);
  payload.write("12345678901");
  payload.end("more");
  await turn();
  expect(results).toMatchObject([{ error: { status: 413 } }]);
  expect(capacity.bodiesUnderway).toBe(0);
});

test("a body without room is refused, by what it says or by what comes", async () => {
  receive(undefined).room.take(95_000);
  expect(receive(6000).results).toMatchObject([{ error: { status: 503, code: "gateway_overloaded" } }]);
  const { payload, results } = receive(undefined);
  payload.write("x".repeat(6000));
  await turn();
  expect(results).toMatchObject([{ error: { status: 503 } }]);
});

test("a client that breaks off, before or while its body comes", async () => {
  const { payload, results } = receive(10);
  payload.destroy(new Error("aborted"));
  await turn();
  expect(results).toMatchObject([{ error: { status: 499 } }]);
  expect(capacity.bodiesUnderway).toBe(0);
});

test("a body that comes faster than the least rate is waited for until the deadline", async () => {
  const { payload, results } = receive(undefined, 100_000);
  for (let second = 0; second < 60; second += 1) {
    payload.write("x".repeat(1000));
    await turn();
    pass(1);
  }
  expect(results).toEqual([]);
  pass(1);
  expect(results).toMatchObject([{ error: { status: 408 } }]);
});

test("a body that comes more slowly is refused after ten seconds", async () => {
  const { payload, results } = receive(undefined);
  payload.write("x".repeat(9999));
  await turn();
  pass(9);
  expect(results).toEqual([]);
  pass(1);
  expect(results).toMatchObject([{ error: { status: 408 } }]);
});

test("a pause of the gateway's own is no fault of the client's", async () => {
  const { payload, results } = receive(undefined);
  now += 30_000;
  bodies.look();
  expect(results).toEqual([]);
  // What came meanwhile is read first.
  payload.write("x".repeat(40_000));
  await turn();
  pass(1);
  expect(results).toEqual([]);
});

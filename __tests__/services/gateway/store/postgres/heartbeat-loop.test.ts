import { Pulse } from "../../../../../services/gateway/store/postgres/heartbeat-loop";

const counter = () => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

test("a thread that counts is alive, one that has stopped for longer than the limit is not, until it counts again", () => {
  let now = 0;
  const count = counter();
  const pulse = new Pulse(count, 1000, () => now);
  now = 900;
  Atomics.add(count, 0, 1);
  expect(pulse.isAlive).toBe(true);
  now = 1900;
  expect(pulse.isAlive).toBe(true);
  now = 1901;
  expect(pulse.isAlive).toBe(false);
  Atomics.add(count, 0, 1);
  expect(pulse.isAlive).toBe(true);
});

test("a thread that never counted is alive for the limit", () => {
  let now = 0;
  const pulse = new Pulse(counter(), 1000, () => now);
  now = 1000;
  expect(pulse.isAlive).toBe(true);
  now = 1001;
  expect(pulse.isAlive).toBe(false);
});

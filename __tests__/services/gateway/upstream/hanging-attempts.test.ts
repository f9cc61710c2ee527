import { HangingAttempts } from "../../../../services/gateway/upstream/hanging-attempts";

const MANY = 1000;
let attempts: HangingAttempts;
beforeEach(() => {
  attempts = new HangingAttempts();
});

test("an attempt hangs when it waits for longer than is usual, until it is heard of or over", () => {
  const ends = [attempts.begin(0, 100), attempts.begin(50, 100), attempts.begin(0, 500)];
  expect(attempts.count(100, MANY)).toBe(0);
  expect(attempts.count(101, MANY)).toBe(1);
  expect(attempts.count(151, MANY)).toBe(2);
  expect(attempts.count(501, MANY)).toBe(3);
  for (const end of ends) {
    end();
    end();
  }
  expect(attempts.count(501, MANY)).toBe(0);
});

test("none hangs at a deployment that says something to somebody", () => {
  for (let count = 0; count < 5; count += 1) attempts.begin(0, 100);
  attempts.heard(150);
  expect(attempts.count(250, MANY)).toBe(0);
  expect(attempts.count(251, MANY)).toBe(5);
});

test("no more are counted than is wanted", () => {
  for (let count = 0; count < 5; count += 1) attempts.begin(0, 100);
  expect(attempts.count(200, 3)).toBe(3);
});

import { DatabaseClock } from "../../../../../services/gateway/store/postgres/database-clock";

/** A machine whose clock can be set, and a database with another time. */
function open({ system, database }: { system: number; database: number }) {
  const time = { system, monotonic: 1000, database, wayMs: 0 };
  const logger = { warn: jest.fn() };
  const clock = new DatabaseClock({
    logger: logger as never,
    systemNow: () => time.system,
    monotonicNow: () => time.monotonic,
  });
  const client = {
    query: async () => {
      time.monotonic += time.wayMs / 2;
      const rows = [{ ms: time.database + time.wayMs / 2 }];
      time.monotonic += time.wayMs / 2;
      return { rows };
    },
  };
  return { time, clock, logger, ask: () => clock.onPoll(client as never) };
}

test("it is the machine's time until the database has answered, then the database's", async () => {
  const { clock, ask, time, logger } = open({ system: 5_000_000, database: 9_000_000 });
  expect(clock.now()).toBe(5_000_000);
  await ask();
  expect(clock.now()).toBe(9_000_000);
  time.monotonic += 250;
  expect(clock.now()).toBe(9_000_250);
  expect(logger.warn).toHaveBeenCalledTimes(1);
});

test("setting the machine's clock changes nothing; a difference is told once", async () => {
  const { clock, ask, time, logger } = open({ system: 1_000_000, database: 1_000_000 });
  await ask();
  time.system -= 3_600_000;
  expect(clock.now()).toBe(1_000_000);
  await ask();
  await ask();
  expect(clock.now()).toBe(1_000_000);
  expect(logger.warn.mock.calls).toEqual([
    [{ aheadMs: -3_600_000 }, expect.stringContaining("synchronize it")],
  ]);
});

test("an answer that took long does not move the clock by less than it may be wrong", async () => {
  const { clock, ask, time } = open({ system: 1_000_000, database: 1_000_000 });
  await ask();
  time.wayMs = 2000;
  time.database += 900;
  await ask();
  expect(clock.now()).toBe(1_002_000);
  time.database += 5000;
  await ask();
  expect(clock.now()).toBe(1_000_000 + 900 + 5000 + 2000);
});

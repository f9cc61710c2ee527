import { Client } from "pg";
import {
  ADVISORY_LOCKS,
  type AdvisoryLock,
  tryLock,
  tryTransactionLock,
  unlock,
  whileLocked,
} from "../../../../../services/gateway/adapters/postgres/advisory-locks";
import { EmbeddedPostgres } from "../../../../support/services/embedded-postgres";

const ALL = Object.keys(ADVISORY_LOCKS) as AdvisoryLock[];

let postgres: EmbeddedPostgres;
let mine: Client;
let other: Client;

beforeAll(async () => {
  postgres = await EmbeddedPostgres.start();
  const url = await postgres.createDatabase("locks");
  [mine, other] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
  await Promise.all([mine.connect(), other.connect()]);
});
afterAll(async () => {
  await Promise.all([mine.end(), other.end()]);
  await postgres.stop();
});

test.each(ALL)("whoever does %s keeps nobody from any other work, and everybody from this", async (lock) => {
  expect(await tryLock(mine, lock)).toBe(true);
  const free: AdvisoryLock[] = [];
  for (const one of ALL) if (await tryLock(other, one)) free.push(one);
  expect(free).toEqual(ALL.filter((one) => one !== lock));
  for (const one of free) await unlock(other, one);
  await unlock(mine, lock);
  expect(await tryLock(other, lock)).toBe(true);
  await unlock(other, lock);
});

test("work is done by one at a time, and lets go when it fails", async () => {
  const inside: boolean[] = [];
  const work = async () => {
    inside.push(await whileLocked(other, "sweep", async () => {}));
    throw new Error("broken");
  };
  await expect(whileLocked(mine, "sweep", work)).rejects.toThrow("broken");
  expect(inside).toEqual([false]);
  expect(await whileLocked(other, "sweep", async () => {})).toBe(true);
});

test("a lock of a transaction ends with it", async () => {
  await mine.query("BEGIN");
  expect(await tryTransactionLock(mine, "spend")).toBe(true);
  expect(await tryLock(other, "spend")).toBe(false);
  await mine.query("COMMIT");
  expect(await tryLock(other, "spend")).toBe(true);
  await unlock(other, "spend");
});

import { randomUUID } from "node:crypto";
import { UnsentRows } from "../../../../services/gateway/audit/unsent-rows";
import type { AuditRow } from "../../../../services/gateway/store/audit-log";
import { auditRow } from "../../../support/services/audit-row";
import { MemoryAuditLog } from "../../../support/stores/audit-log";

const KEY = randomUUID();
let log: MemoryAuditLog;
let rows: UnsentRows;

beforeEach(() => {
  jest.useFakeTimers();
  log = new MemoryAuditLog();
  rows = new UnsentRows(() => {});
});
afterEach(() => jest.useRealTimers());

const refused = (props: Partial<AuditRow> = {}) =>
  auditRow({ keyId: KEY, attempts: 0, status: 429, errorType: "rate_limit_error", target: null, ...props });

async function commit(row: AuditRow): Promise<void> {
  const entry = log.open();
  if (entry === undefined) throw new Error("no room");
  await rows.bound(entry).commit(row);
}
const stored = () => [...log.rows.values()];
const requests = () => stored().reduce((sum, row) => sum + 1 + row.repeats, 0);

test("a key's refusals have rows of their own up to a bound; the rest of a minute is added up by kind", async () => {
  for (let count = 0; count < 300; count += 1) await commit(refused());
  for (let count = 0; count < 50; count += 1) await commit(refused({ status: 400, errorType: "bad" }));
  expect(stored()).toHaveLength(20);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(stored()).toHaveLength(22);
  expect(requests()).toBe(350);
  expect(stored().filter(({ repeats }) => repeats > 0)).toMatchObject([
    { keyId: KEY, status: 429, errorType: "rate_limit_error", repeats: 279 },
    { keyId: KEY, status: 400, errorType: "bad", repeats: 49 },
  ]);
  // A new minute.
  await commit(refused());
  expect(stored()).toHaveLength(23);
});

test.each<[string, Partial<AuditRow>]>([
  ["that reached a provider", { attempts: 1, status: 502 }],
  ["of the master key", { callerKind: "master", keyId: null }],
  ["of an admin token", { callerKind: "token", keyId: null }],
  ["that was to change something", { target: "key 1", status: 403 }],
])("a request %s has a row of its own, however many there are", async (_what, props) => {
  for (let count = 0; count < 100; count += 1) await commit(refused(props));
  expect(stored()).toHaveLength(100);
});

test("a request that reserved money has a row of its own, so that its reservation ends", async () => {
  for (let count = 0; count < 30; count += 1) await commit(refused());
  const entry = log.open();
  if (entry === undefined) throw new Error("no room");
  const bound = rows.bound(entry);
  const row = refused();
  await bound.begin({ requestId: row.requestId, owner: "o", budgets: [], reservedNano: 1, row });
  const settled = jest.fn();
  await bound.commit(row, settled);
  expect(settled).toHaveBeenCalledTimes(1);
  expect(log.rows.has(row.requestId)).toBe(true);
});

test("what is added up is bounded, and its room in the log given back", async () => {
  log = new MemoryAuditLog({ capacity: 1050 });
  for (let key = 0; key < 60; key += 1) {
    const keyId = randomUUID();
    for (let count = 0; count < 60; count += 1) await commit(refused({ keyId, route: `/${count}` }));
  }
  expect(stored()).toHaveLength(60 * 60 - 1000);
  await rows.flush();
  expect(requests()).toBe(3600);
  for (let count = 0; count < 1050; count += 1) expect(log.open()).toBeDefined();
});

test("a flush writes what there is at once, as at the end of the process", async () => {
  for (let count = 0; count < 30; count += 1) await commit(refused());
  await rows.flush();
  expect([stored().length, requests()]).toEqual([21, 30]);
  expect(jest.getTimerCount()).toBe(0);
});

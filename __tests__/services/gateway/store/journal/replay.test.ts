import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommitItem } from "../../../../../services/gateway/store/group-commit-entry";
import { Journal } from "../../../../../services/gateway/store/journal/journal";
import { replay } from "../../../../../services/gateway/store/journal/replay";
import { createLogger } from "../../../../../services/shared/logger";
import { auditRow } from "../../../../support/services/audit-row";
import { temporaryFolder } from "../../../../support/temporary-folder";

const PAID = { owner: "o", budgets: [{ account: "key:1", period: "all" }] };
const ROW_FAULT = new Error("row");
const logger = createLogger({ name: "test", level: "silent" });

/** A database that skips what it has, and may fail. */
class Table {
  readonly rows = new Map<string, CommitItem>();
  readonly batches: number[] = [];
  fail: (items: readonly CommitItem[]) => Error | undefined = () => undefined;

  readonly write = async (items: readonly CommitItem[]) => {
    const error = this.fail(items);
    if (error !== undefined) throw error;
    this.batches.push(items.length);
    for (const item of items) {
      if (!this.rows.has(item.row.requestId)) this.rows.set(item.row.requestId, item);
    }
  };
}

let directory: string;
let journal: Journal;
let table: Table;
let durable: string[];
let faulty: string[];
let damaged: number;

beforeEach(() => {
  directory = temporaryFolder();
  journal = new Journal({ directory, segmentBytes: 1000 });
  table = new Table();
  durable = [];
  faulty = [];
  damaged = 0;
});

afterEach(() => journal.close());

const run = () =>
  replay({
    journal,
    write: table.write,
    isRowFault: (error) => error === ROW_FAULT,
    onRowFault: ({ row }) => void faulty.push(row.requestId),
    onDurable: (requestId) => void durable.push(requestId),
    onDamaged: (rows) => {
      damaged += rows;
    },
    logger,
  });

async function append(count: number): Promise<string[]> {
  const records = Array.from({ length: count }, () => ({ row: auditRow(), intent: PAID }));
  await journal.append(records);
  return records.map(({ row }) => row.requestId);
}

test("rows come in their order, in bounded batches, with every value; then the journal is empty", async () => {
  const ids = [...(await append(3)), ...(await append(1100)), ...(await append(1))];
  await run();
  expect([...table.rows.keys()]).toEqual(ids);
  expect(durable).toEqual(ids);
  expect(table.batches).toEqual([3, 500, 500, 100, 1]);
  const [first] = table.rows.values();
  expect(first).toMatchObject({
    intent: PAID,
    row: auditRow({ requestId: ids[0] ?? "", keyId: first?.row.keyId ?? "" }),
  });
  expect([journal.bytes, readdirSync(directory)]).toEqual([0, []]);
});

test("a database that goes away meanwhile gets the rest the next time", async () => {
  const ids = [...(await append(2)), ...(await append(2))];
  table.fail = () => (table.batches.length === 1 ? new Error("away") : undefined);
  await expect(run()).rejects.toThrow("away");
  expect(durable).toEqual(ids.slice(0, 2));
  expect(readdirSync(directory)).toHaveLength(1);
  table.fail = () => undefined;
  await run();
  expect([...table.rows.keys()]).toEqual(ids);
});

test("after a crash between the commit and the removal the same rows are written again, and are there once", async () => {
  const ids = await append(3);
  const [name = ""] = readdirSync(directory);
  const text = readFileSync(join(directory, name));
  await run();
  writeFileSync(join(directory, name), text);
  journal = new Journal({ directory });
  await run();
  expect([...table.rows.keys()]).toEqual(ids);
  expect(table.batches).toEqual([3, 3]);
  expect(readdirSync(directory)).toEqual([]);
});

test("a row that can never be written is named and given up, the others are written", async () => {
  const ids = await append(3);
  const bad = ids[1] ?? "";
  table.fail = (items) => (items.some(({ row }) => row.requestId === bad) ? ROW_FAULT : undefined);
  await run();
  expect([...table.rows.keys()]).toEqual([ids[0], ids[2]]);
  expect(faulty).toEqual([bad]);
  expect(journal.bytes).toBe(0);
});

test("a write that was cut off is left out; a file that was damaged is kept", async () => {
  const [first = "", second = ""] = await append(2);
  const [name = ""] = readdirSync(directory);
  appendFileSync(join(directory, name), "0123abcd {");
  await run();
  expect([...table.rows.keys()]).toEqual([first, second]);
  expect(readdirSync(directory)).toEqual([]);

  const more = await append(2);
  const path = join(directory, readdirSync(directory)[0] ?? "");
  writeFileSync(path, readFileSync(path, "utf8").replace("ada", "eve"));
  await run();
  expect([...table.rows.keys()]).toEqual([first, second, more[1]]);
  expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.journal\.damaged$/)]);
  expect(damaged).toBe(1);
  expect(journal.bytes).toBe(0);
});

test("a segment that another process has taken meanwhile is left to it", async () => {
  const [, ...others] = [await append(3), ...(await append(3))];
  table.fail = () => {
    const [, last] = readdirSync(directory).sort();
    if (last !== undefined) rmSync(join(directory, last));
    return undefined;
  };
  await run();
  expect(table.batches).toEqual([3]);
  expect(others.some((id) => table.rows.has(id))).toBe(false);
});

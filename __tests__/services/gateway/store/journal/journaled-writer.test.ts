import { rmSync } from "node:fs";
import { join } from "node:path";
import { AuditNotCommittedError } from "../../../../../services/gateway/store/audit-log";
import { GroupCommit } from "../../../../../services/gateway/store/group-commit";
import type { CommitItem } from "../../../../../services/gateway/store/group-commit-entry";
import { Journal } from "../../../../../services/gateway/store/journal/journal";
import {
  JournaledEntry,
  JournaledWriter,
} from "../../../../../services/gateway/store/journal/journaled-writer";
import { createLogger } from "../../../../../services/shared/logger";
import { auditRow } from "../../../../support/services/audit-row";
import { temporaryFolder } from "../../../../support/temporary-folder";

describe("journaled writer", () => {
  const PAID = { owner: "o", budgets: [{ account: "key:1", period: "all" }] };
  const AWAY = new Error("away");
  const ROW_FAULT = new Error("row");

  let directory: string;
  let journal: Journal;
  let isConnected: boolean;
  let nowMs: number;
  /** What the database says to the next batches. */
  let failure: Error | undefined;
  let written: CommitItem[][];
  let durable: string[];
  let writer: JournaledWriter;

  beforeEach(() => {
    directory = join(temporaryFolder(), "journal");
    journal = new Journal({ directory, maxBytes: 4000 });
    isConnected = true;
    nowMs = 0;
    failure = undefined;
    written = [];
    durable = [];
    writer = new JournaledWriter({
      journal,
      write: async (items) => {
        if (failure !== undefined) throw failure;
        written.push([...items]);
      },
      isConnected: () => isConnected,
      isUnavailable: (error) => error === AWAY,
      isRowFault: (error) => error === ROW_FAULT,
      onRowFault: () => {},
      maxOutageMs: 1000,
      now: () => nowMs,
      logger: createLogger({ name: "test", level: "silent" }),
    });
    writer.onReady();
  });
  afterEach(() => journal.close());

  function row(name: string, hasIntent = false): CommitItem {
    return {
      row: auditRow({ userId: name }),
      intent: hasIntent ? PAID : undefined,
      onDurable: () => void durable.push(name),
    };
  }
  const users = () => written.map((batch) => batch.map((item) => item.row.userId));

  test("while the database is there the journal is not touched", async () => {
    await writer.write([row("a", true), row("b")]);
    expect(users()).toEqual([["a", "b"]]);
    expect([durable, journal.bytes, writer.isAway]).toEqual([["a", "b"], 0, false]);
  });

  test("a batch that the database does not take goes to the journal, the next ones at once, and all are replayed", async () => {
    failure = AWAY;
    await writer.write([row("a")]);
    expect(writer.isAway).toBe(true);
    failure = undefined;
    await writer.write([row("b")]);
    expect([users(), durable]).toEqual([[], ["a", "b"]]);
    await expect(writer.replay()).resolves.toBe(true);
    expect([users(), journal.bytes]).toEqual([[["a", "b"]], 0]);
    // A replay that others asked for says nothing of the connection.
    expect(writer.isAway).toBe(true);
    writer.onReady();
    await writer.write([row("c")]);
    expect(users()).toEqual([["a", "b"], ["c"]]);
  });

  test("no time is lost with a database that is known to be away", async () => {
    isConnected = false;
    await writer.write([row("a")]);
    expect([users(), journal.bytes > 0, durable]).toEqual([[], true, ["a"]]);
  });

  test("without a new connection, batches return to the database when it has taken the journal", async () => {
    failure = AWAY;
    await writer.write([row("a")]);
    writer.onPoll();
    await writer.replay();
    expect(writer.isAway).toBe(true);
    failure = undefined;
    writer.onPoll();
    await writer.replay();
    expect([users(), writer.isAway]).toEqual([[["a"]], false]);
  });

  test("a row is replayed with the lease and the budgets that it is taken from", async () => {
    failure = AWAY;
    await writer.write([row("a", true), row("b")]);
    failure = undefined;
    await writer.replay();
    expect(written.map((batch) => batch.map(({ intent }) => intent))).toEqual([[PAID, undefined]]);
  });

  test("a reservation stands until its row is replayed, or left to another process", async () => {
    isConnected = false;
    await writer.write([row("a", true), row("b", false)]);
    expect(durable).toEqual(["b"]);
    await writer.replay();
    expect(durable).toEqual(["b", "a"]);

    await writer.write([row("c", true)]);
    const neighbour = new Journal({ directory });
    for (const path of await neighbour.claim()) await neighbour.remove(path);
    await writer.replay();
    expect(durable).toEqual(["b", "a", "c"]);
  });

  test("a row at fault is none of the journal's business; a batch that the disk does not take either is queued on", async () => {
    failure = ROW_FAULT;
    await expect(writer.write([row("a")])).rejects.toBe(ROW_FAULT);
    expect([journal.bytes, writer.isAway]).toEqual([0, false]);
    failure = AWAY;
    rmSync(directory, { recursive: true });
    await expect(writer.write([row("a", true)])).rejects.toMatchObject({ code: "ENOENT" });
    expect(durable).toEqual([]);
  });

  test("requests are accepted while the database is there or the journal has room", async () => {
    expect(writer.canWrite).toBe(true);
    isConnected = false;
    expect(writer.canWrite).toBe(true);
    await writer.write(Array.from({ length: 10 }, (_, index) => row(String(index))));
    expect(writer.canWrite).toBe(false);
    isConnected = true;
    expect(writer.canWrite).toBe(true);
  });

  test("requests are refused when the database has not answered for too long; their rows are still written", async () => {
    nowMs = 5000;
    expect(writer.canWrite).toBe(true);
    writer.onPoll();
    isConnected = false;
    nowMs = 5999;
    expect(writer.canWrite).toBe(true);
    nowMs = 6000;
    expect(writer.canWrite).toBe(false);
    await writer.write([row("a")]);
    expect(durable).toEqual(["a"]);
    isConnected = true;
    expect(writer.canWrite).toBe(true);
  });

  test("who measures is told where rows went, and how replays that had something to do ended", async () => {
    const told: unknown[] = [];
    const measured = new JournaledWriter({
      ...writer.settings,
      onWritten: (destination, rows) => told.push([destination, rows]),
      onReplayed: ({ rows, isDone }) => told.push([rows, isDone]),
    });
    measured.onReady();
    await measured.write([row("a"), row("b")]);
    failure = AWAY;
    await measured.write([row("c", true)]);
    await measured.replay();
    failure = undefined;
    await measured.replay();
    // Nothing is left.
    await measured.replay();
    expect(told).toEqual([
      ["database", 2],
      ["journal", 1],
      [0, false],
      [1, true],
    ]);
  });
});

describe("journaled entry", () => {
  const BUDGETS = [{ account: "key:1", period: "all" }];
  const ROW = auditRow();
  const INTENT = { requestId: ROW.requestId, owner: "o", budgets: BUDGETS, reservedNano: 1, row: ROW };

  test.each([
    ["is made durable while the database is there", false, undefined, undefined, ["put", "paid row", "end"]],
    ["is refused at once while it is away", true, undefined, "the database is unavailable", ["unpaid row"]],
    // It may have been stored all the same, so the row says whose money it is.
    [
      "is refused when it goes away",
      false,
      "not committed in time",
      "not committed in time",
      ["put", "paid row", "end"],
    ],
  ])("an intent %s", async (_what, isAway, failure, message, expected) => {
    const log: string[] = [];
    const commits = new GroupCommit<CommitItem>({
      write: async (batch) => {
        for (const { intent, onDurable } of batch) {
          log.push(intent === undefined ? "unpaid row" : "paid row");
          onDurable?.();
        }
      },
      isRowFault: () => false,
      onRowFault: () => {},
      onError: () => {},
    });
    const intents = {
      put: async () => {
        log.push("put");
        if (failure !== undefined) throw new AuditNotCommittedError(failure);
      },
      end: (requestId: string) => void log.push(requestId === ROW.requestId ? "end" : requestId),
    };
    expect(commits.announce()).toBe(true);
    const entry = new JournaledEntry(commits, intents, { isAway });
    const begun = entry.begin(INTENT).then(
      () => undefined,
      (error: Error) => `${error.name}: ${error.message}`,
    );
    await expect(begun).resolves.toBe(
      message === undefined ? undefined : `AuditNotCommittedError: ${message}`,
    );
    const onDurable = jest.fn();
    await entry.commit(ROW, onDurable);
    expect(log).toEqual(expected);
    expect(onDurable).toHaveBeenCalledTimes(1);
  });
});

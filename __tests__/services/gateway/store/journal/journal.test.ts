import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  claimedName,
  Journal,
  type JournalSettings,
  openDirectory,
  segmentName,
} from "../../../../../services/gateway/store/journal/journal";
import { readSegment } from "../../../../../services/gateway/store/journal/segment";
import { auditRow } from "../../../../support/services/audit-row";
import { eventually } from "../../../../support/services/eventually";
import { temporaryFolder } from "../../../../support/temporary-folder";

describe("journal", () => {
  const opened: Journal[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((journal) => journal.close()));
  });

  function openJournal(settings: JournalSettings): Journal {
    const journal = new Journal(settings);
    opened.push(journal);
    return journal;
  }

  const records = (count: number) =>
    Array.from({ length: count }, () => ({ row: auditRow(), intent: undefined }));
  const idsIn = (path: string) =>
    readSegment(readFileSync(path, "utf8")).records.map(({ row }) => row.requestId);
  const idsOf = (batch: ReturnType<typeof records>) => batch.map(({ row }) => row.requestId);
  const sizeOf = (directory: string) =>
    readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

  test("what is appended is in one segment, in order, and is found by the next process", async () => {
    const directory = temporaryFolder();
    const journal = openJournal({ directory });
    expect(journal.bytes).toBe(0);
    const [first, second] = [records(2), records(1)];
    await Promise.all([journal.append(first), journal.append(second)]);
    expect(journal.bytes).toBe(sizeOf(directory));

    // As after a crash: nothing was closed.
    const next = openJournal({ directory });
    expect(next.bytes).toBe(journal.bytes);
    const claimed = await next.claim();
    expect(claimed.map(idsIn)).toEqual([idsOf([...first, ...second])]);
    await next.remove(claimed[0] ?? "");
    expect([next.bytes, readdirSync(directory)]).toEqual([0, []]);
    await journal.close();
  });

  test("a full segment is followed by another; claiming gives the oldest first, and again what was not removed", async () => {
    const directory = temporaryFolder();
    let nowMs = 1_790_000_000_000;
    const journal = openJournal({ directory, segmentBytes: 1500, now: () => nowMs });
    const batches = [records(1), records(1), records(3), records(1)];
    for (const batch of batches) {
      await journal.append(batch);
      nowMs += 1;
    }
    const [a, b, c, d] = batches.map(idsOf);
    const claimed = await journal.claim();
    expect(claimed.map(idsIn)).toEqual([[...(a ?? []), ...(b ?? [])], c, d]);
    await journal.remove(claimed[0] ?? "");
    await journal.append(records(1));
    const again = await journal.claim();
    expect(again.slice(0, 2)).toEqual(claimed.slice(1));
    expect(again).toHaveLength(3);
  });

  test("has room up to its size; rows of running requests are taken beyond it", async () => {
    const directory = temporaryFolder();
    const journal = openJournal({ directory, maxBytes: 1000 });
    expect(journal.hasRoom).toBe(true);
    await journal.append(records(2));
    expect(journal.hasRoom).toBe(false);
    await journal.append(records(1));
    expect(openJournal({ directory, maxBytes: 1000 }).hasRoom).toBe(false);
    for (const path of await journal.claim()) await journal.remove(path);
    expect(journal.hasRoom).toBe(true);
  });

  test("a segment that another process claims is left to it, and the batch written again", async () => {
    const directory = temporaryFolder();
    const [here, there] = [openJournal({ directory }), openJournal({ directory })];
    const [first, second] = [records(1), records(1)];
    await here.append(first);
    const theirs = await there.claim();
    expect(theirs.map(idsIn)).toEqual([idsOf(first)]);
    await here.append(second);
    for (const path of theirs) await there.remove(path);
    expect((await here.claim()).map(idsIn)).toEqual([idsOf(second)]);
  });

  test("processes that claim at the same time miss nothing", async () => {
    const directory = temporaryFolder();
    const processes = Array.from({ length: 4 }, () => openJournal({ directory, segmentBytes: 1 }));
    const read = new Set<string>();
    const written: string[] = [];
    await Promise.all(
      processes.map(async (journal) => {
        for (let round = 0; round < 25; round += 1) {
          const batch = records(2);
          // As the group commit does: a batch that all too many processes get in the way of is tried again.
          await eventually(() => journal.append(batch).then(() => true));
          written.push(...idsOf(batch));
          for (const path of await journal.claim()) {
            try {
              for (const id of idsIn(path)) read.add(id);
            } catch {
              continue; // claimed by another since
            }
            await journal.remove(path);
          }
        }
      }),
    );
    const last = openJournal({ directory });
    for (const path of await last.claim()) for (const id of idsIn(path)) read.add(id);
    expect(written.filter((id) => !read.has(id))).toEqual([]);
  });

  test("a disk that takes nothing is an error, leaves nothing, and is asked again", async () => {
    const directory = join(temporaryFolder(), "journal");
    const journal = openJournal({ directory });
    rmSync(directory, { recursive: true });
    await expect(journal.append(records(1))).rejects.toMatchObject({ code: "ENOENT" });
    expect(journal.bytes).toBe(0);
    openJournal({ directory });
    await journal.append(records(1));
    expect(journal.bytes).toBe(sizeOf(directory));
  });

  test("a damaged segment is kept aside and not claimed again; other files are left alone", async () => {
    const directory = temporaryFolder();
    writeFileSync(join(directory, "note.txt"), "x");
    const journal = openJournal({ directory });
    await journal.append(records(1));
    const [path = ""] = await journal.claim();
    await expect(journal.setAside(path)).resolves.toBe(`${path}.damaged`);
    await expect(journal.claim()).resolves.toEqual([]);
    expect([journal.bytes, readdirSync(directory).length]).toEqual([0, 2]);
  });

  test("knows how many rows wait and since when, also of a former process", async () => {
    const directory = temporaryFolder();
    let nowMs = 1_790_000_000_000;
    const journal = openJournal({ directory, maxBytes: 5000, segmentBytes: 1500, now: () => nowMs });
    expect([journal.rows, journal.oldestAt, journal.maxBytes]).toEqual([0, undefined, 5000]);
    for (const count of [2, 3]) {
      await journal.append(records(count));
      nowMs += 1000;
    }
    expect([journal.rows, journal.oldestAt]).toEqual([5, 1_790_000_000_000]);

    const next = openJournal({ directory });
    expect([next.rows, next.oldestAt]).toEqual([5, 1_790_000_000_000]);
    const claimed = await next.claim();
    await next.remove(claimed[0] ?? "");
    expect([next.rows, next.oldestAt]).toEqual([3, 1_790_000_001_000]);
    await next.setAside(claimed[1] ?? "");
    expect([next.rows, next.oldestAt]).toEqual([0, undefined]);
    // What others have taken over is no longer this one's.
    await journal.claim();
    expect(journal.rows).toBe(0);
  });
});

describe("open directory", () => {
  test("makes the directory for its owner alone, and takes one that is there", () => {
    const path = join(temporaryFolder(), "a", "journal");
    openDirectory(path);
    openDirectory(path);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test("says which variable, path and remedy when there cannot be one", () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect(() => openDirectory(join(file, "journal"))).toThrow(
      `JOURNAL_DIRECTORY: ${file}/journal cannot be written (ENOTDIR); give the gateway's user a directory`,
    );
  });
});

describe("segment name", () => {
  const ME = "11111111-1111-4111-8111-111111111111";
  const OTHER = "22222222-2222-4222-8222-222222222222";

  test("sorting names gives their order in time", () => {
    const names = [
      segmentName(999, 1, OTHER),
      segmentName(1_790_000_000_000, 2, ME),
      segmentName(1_790_000_000_000, 10, ME),
    ];
    expect([...names].reverse().sort()).toEqual(names);
  });

  test("a claimed segment keeps its place, whoever had claimed it before", () => {
    const name = segmentName(1_790_000_000_000, 3, OTHER);
    const mine = `1790000000000-000003-${OTHER}.${ME}.journal`;
    expect(claimedName(name, ME)).toBe(mine);
    expect(claimedName(mine, ME)).toBe(mine);
    expect(claimedName(mine, OTHER)).toBe(`1790000000000-000003-${OTHER}.${OTHER}.journal`);
  });

  test.each(["lost+found", "x.journal", `1790000000000-000003-${ME}.journal.damaged`])(
    "%s is no segment",
    (name) => {
      expect(claimedName(name, ME)).toBeUndefined();
    },
  );
});

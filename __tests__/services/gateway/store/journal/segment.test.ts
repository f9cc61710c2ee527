import { existsSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  decodeRecord,
  encodeRecord,
  readSegment,
  SegmentWriter,
} from "../../../../../services/gateway/store/journal/segment";
import { auditRow } from "../../../../support/services/audit-row";
import { temporaryFolder } from "../../../../support/temporary-folder";

describe("segment writer", () => {
  const newPath = () => join(temporaryFolder(), "a.journal");

  test("adds to a file that only its owner may read", async () => {
    const path = newPath();
    const writer = await SegmentWriter.create(path);
    await expect(writer.append("a\n")).resolves.toBe(true);
    await expect(writer.append("ü\n")).resolves.toBe(true);
    expect([readFileSync(path, "utf8"), writer.bytes, statSync(path).mode & 0o777]).toEqual([
      "a\nü\n",
      5,
      0o600,
    ]);
    await writer.close();
  });

  test("takes no file that is there already", async () => {
    const path = newPath();
    await (await SegmentWriter.create(path)).close();
    await expect(SegmentWriter.create(path)).rejects.toMatchObject({ code: "EEXIST" });
  });

  test("notices that another process has claimed the file", async () => {
    const path = newPath();
    const writer = await SegmentWriter.create(path);
    await writer.append("a\n");
    renameSync(path, `${path}.claimed`);
    await expect(writer.append("b\n")).resolves.toBe(false);
    await writer.close();
  });

  test("abandoning leaves what was durable, and no empty file", async () => {
    const [kept, gone] = [newPath(), newPath()];
    const writer = await SegmentWriter.create(kept);
    await writer.append("a\n");
    await writer.file.appendFile("half a li");
    await writer.abandon();
    expect(readFileSync(kept, "utf8")).toBe("a\n");
    const empty = await SegmentWriter.create(gone);
    await empty.file.appendFile("half a li");
    await empty.abandon();
    expect(existsSync(gone)).toBe(false);
  });
});

describe("record", () => {
  const row = auditRow({ userAgent: 'quote " line\nü 漢 \ud800 \u2028', costNanoUsd: null });
  const intent = { owner: "o", budgets: [{ account: 'end_user:"ü"\n', period: "all" }] };
  const record = { row, intent };
  const line = encodeRecord(record).slice(0, -1);

  test("a record comes back as it was, in one line", () => {
    expect(encodeRecord(record)).toMatch(
      /^[0-9a-f]{8} \{"intent":\{"owner":"o","budgets":\[[^\n]*\]\},"row":\{[^\n]*\}\}\n$/,
    );
    expect(decodeRecord(line)).toEqual(record);
  });

  test("of an intent only what its row needs is kept", () => {
    const whole = { ...intent, requestId: row.requestId, reservedNano: 5, row };
    expect(encodeRecord({ row, intent: whole })).toBe(encodeRecord(record));
  });

  test("a row that no budget pays for has no intent", () => {
    const unpaid = encodeRecord({ row, intent: undefined });
    expect(unpaid).toMatch(/^[0-9a-f]{8} \{"row":\{/);
    expect(decodeRecord(unpaid.slice(0, -1))).toEqual({ row, intent: undefined });
  });

  test.each([
    ["nothing", ""],
    ["cut off", line.slice(0, -1)],
    ["one character changed", line.replace("ada", "adb")],
    ["a wrong checksum", `${line[0] === "0" ? "1" : "0"}${line.slice(1)}`],
    ["zeros, as after a power cut", "\0".repeat(200)],
    ["a checksum alone", "00000000 "],
    ["no checksum", line.slice(9)],
  ])("%s is not read", (_what, text) => {
    expect(decodeRecord(text)).toBeUndefined();
  });
});

describe("read segment", () => {
  const paid = { owner: "o", budgets: [{ account: "key:1", period: "all" }] };
  const records = [
    { row: auditRow(), intent: paid },
    { row: auditRow(), intent: undefined },
  ];
  const [a = "", b = ""] = records.map(encodeRecord);

  test.each([
    ["nothing", "", [], 0, 0],
    ["two records", a + b, records, 0, 0],
    ["a line cut off", a + b.slice(0, -2), records.slice(0, 1), 1, 0],
    ["a line without its newline", a + b.slice(0, -1), records.slice(0, 1), 1, 0],
    ["a last line that is wrong", `${a}${b.slice(1)}`, records.slice(0, 1), 1, 0],
    ["several lines that are wrong at the end", `${a}x\ny\nz`, records.slice(0, 1), 3, 0],
    ["a wrong line with a good one after it", `${a.slice(1)}${b}`, records.slice(1), 0, 1],
    ["both", `${a}x\n${b}y`, records, 1, 1],
    ["only a cut line", b.slice(0, 20), [], 1, 0],
  ])("%s", (_what, text, expected, tornLines, damagedLines) => {
    expect(readSegment(text)).toEqual({ records: expected, tornLines, damagedLines });
  });
});

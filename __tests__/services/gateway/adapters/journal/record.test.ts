import { decodeRecord, encodeRecord } from "../../../../../services/gateway/adapters/journal/record";
import { auditRow } from "../../../../support/services/audit-row";

const record = {
  row: auditRow({ userAgent: 'quote " line\nü 漢 \ud800 \u2028', costNanoUsd: null }),
  hasIntent: true,
};
const line = encodeRecord(record).slice(0, -1);

test("a record comes back as it was, in one line", () => {
  expect(encodeRecord(record)).toMatch(/^[0-9a-f]{8} \{"hasIntent":true,"row":\{[^\n]*\}\}\n$/);
  expect(decodeRecord(line)).toEqual(record);
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

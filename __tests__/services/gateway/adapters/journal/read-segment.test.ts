import { readSegment } from "../../../../../services/gateway/adapters/journal/read-segment";
import { encodeRecord } from "../../../../../services/gateway/adapters/journal/record";
import { auditRow } from "../../../../support/services/audit-row";

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

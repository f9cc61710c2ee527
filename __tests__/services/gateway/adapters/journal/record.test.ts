import { decodeRecord, encodeRecord } from "../../../../../services/gateway/adapters/journal/record";
import { auditRow } from "../../../../support/services/audit-row";

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

import { rowsByDay, yearSpan } from "../../../bench/year/year-shape";

test.each([
  ["2026-03-15T13:00:00Z", "2025-04-01", "2026-03-15"],
  ["2026-03-01T00:00:00Z", "2025-03-01", "2026-03-01"],
  ["2026-01-02T00:00:00Z", "2025-02-01", "2026-01-02"],
])("a year made at %s goes from %s to %s", (now, from, to) => {
  const span = yearSpan(new Date(now));
  expect([span.from, span.to].map((date) => date.toISOString().slice(0, 10))).toEqual([from, to]);
});

test("all rows have a day, fewer at weekends and more from month to month", () => {
  const days = rowsByDay(yearSpan(new Date("2026-03-15T13:00:00Z")), 1_000_000);
  const rowsOn = (day: string) => days.find((one) => one.day.toISOString().startsWith(day))?.rows ?? 0;
  expect(days).toHaveLength(348);
  expect(Math.abs(days.reduce((sum, { rows }) => sum + rows, 0) - 1_000_000)).toBeLessThan(200);
  // A Saturday and the Monday after it.
  expect(rowsOn("2026-03-07")).toBeLessThan(rowsOn("2026-03-09") / 4);
  expect(rowsOn("2025-04-07")).toBeLessThan(rowsOn("2026-03-09") * 0.6);
});

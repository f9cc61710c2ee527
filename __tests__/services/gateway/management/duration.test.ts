import { addDuration } from "../../../../services/gateway/management/duration";

const from = new Date("2026-01-31T12:00:00Z");

test.each([
  ["30s", "2026-01-31T12:00:30.000Z"],
  ["30m", "2026-01-31T12:30:00.000Z"],
  ["30h", "2026-02-01T18:00:00.000Z"],
  ["30d", "2026-03-02T12:00:00.000Z"],
  ["4w", "2026-02-28T12:00:00.000Z"],
  ["1mo", "2026-02-28T12:00:00.000Z"],
  ["2mo", "2026-03-31T12:00:00.000Z"],
  ["13mo", "2027-02-28T12:00:00.000Z"],
])("%s", (duration, expected) => {
  expect(addDuration(from, duration)?.toISOString()).toBe(expected);
});

test.each(["", "0s", "-1d", "1y", "1.5h", "1 d", "d", "999999999d", "99999999mo"])(
  "%j is no duration",
  (duration) => {
    expect(addDuration(from, duration)).toBeUndefined();
  },
);

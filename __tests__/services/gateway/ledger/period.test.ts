import { periodAt } from "../../../../services/gateway/ledger/period";

const at = (text: string) => Date.parse(text);
/** A Tuesday. */
const NOW = "2026-11-24T13:47:11.500Z";

test.each([
  ["1d", NOW, "2026-11-24T00:00:00.000Z", "2026-11-25T00:00:00.000Z"],
  ["24h", NOW, "2026-11-24T00:00:00.000Z", "2026-11-25T00:00:00.000Z"],
  ["7d", NOW, "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
  ["1w", NOW, "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"],
  ["14d", NOW, "2026-11-23T00:00:00.000Z", "2026-12-07T00:00:00.000Z"],
  ["30d", NOW, "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"],
  ["1mo", "2026-12-31T23:59:59.999Z", "2026-12-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["3mo", NOW, "2026-10-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"],
  ["1h", NOW, "2026-11-24T13:00:00.000Z", "2026-11-24T14:00:00.000Z"],
  ["6h", NOW, "2026-11-24T12:00:00.000Z", "2026-11-24T18:00:00.000Z"],
  ["15m", NOW, "2026-11-24T13:45:00.000Z", "2026-11-24T14:00:00.000Z"],
  ["30s", NOW, "2026-11-24T13:47:00.000Z", "2026-11-24T13:47:30.000Z"],
])("%s at %s runs from %s to %s", (duration, now, startsAt, endsAt) => {
  const period = periodAt(duration, at(now));
  expect(period.startsAt?.toISOString()).toBe(startsAt);
  expect(period.endsAt?.toISOString()).toBe(endsAt);
});

test.each(["1d", "7d", "30d", "1mo", "3mo", "5h", "13m", "90s", "3w"])(
  "%s leaves no gap and no overlap",
  (duration) => {
    let period = periodAt(duration, at(NOW));
    for (let step = 0; step < 40; step += 1) {
      const end = period.endsAt?.getTime() ?? 0;
      expect(periodAt(duration, end - 1)).toEqual(period);
      period = periodAt(duration, end);
      expect(period.startsAt?.getTime()).toBe(end);
    }
  },
);

test("the same stretch has the same id, whatever its duration is called", () => {
  expect(periodAt("7d", at(NOW)).id).toBe(periodAt("1w", at(NOW)).id);
  expect(periodAt("30d", at(NOW)).id).toBe(periodAt("1mo", at(NOW)).id);
});

test.each([null, "", "0d", "soon"])("%s is one period for ever", (duration) => {
  expect(periodAt(duration, at(NOW))).toEqual({ id: "all", startsAt: null, endsAt: null });
});

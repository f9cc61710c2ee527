const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What a duration may look like, for messages. */
export const DURATION_FORM = "a whole number and a unit: 30s, 30m, 30h, 30d, 4w or 1mo";

/** Ten years: further ahead is a mistake. */
const MAX_MS = 3650 * 86_400_000;

/**
 * A moment later by a duration such as `30d`. `mo` is a calendar month in UTC; the 31st becomes the last day of
 * a shorter month.
 * @returns `undefined` when the text is no duration, is zero, or leads further than ten years
 */
export function addDuration(from: Date, duration: string): Date | undefined {
  const match = /^(\d{1,9})(s|m|h|d|w|mo)$/.exec(duration);
  if (match === null) return undefined;
  const count = Number(match[1]);
  const unit = match[2] ?? "";
  const end =
    unit === "mo" ? addMonths(from, count) : new Date(from.getTime() + count * (UNIT_MS[unit] ?? 0));
  const length = end.getTime() - from.getTime();
  return length > 0 && length <= MAX_MS ? end : undefined;
}

function addMonths(from: Date, count: number): Date {
  const first = new Date(from);
  first.setUTCDate(1);
  first.setUTCMonth(first.getUTCMonth() + count);
  const lastDay = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  first.setUTCDate(Math.min(from.getUTCDate(), lastDay));
  return first;
}

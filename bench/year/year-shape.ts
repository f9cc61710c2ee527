/** How large a year is. */
export interface YearSize {
  readonly rows: number;
  readonly keys: number;
}

/** Keys of one user. */
const KEYS_PER_USER = 10;

export const usersOf = ({ keys }: YearSize): number => Math.ceil(keys / KEYS_PER_USER);

/** A key of the year itself; every second one has a budget and limits. */
export const yearKey = (number: number): string => `sk-year-key-${String(number).padStart(8, "0")}`;

export const yearUser = (number: number): string => `user-${number}`;

/** Bytes that a row takes with its indexes and its share of everything else, give or take. */
const ROW_BYTES = 950;

/** What the files of a year take, in bytes. */
export const diskNeed = ({ rows }: YearSize): number => rows * ROW_BYTES + 500_000_000;

/** Midnights, UTC. */
export interface YearSpan {
  /** First day of the month eleven months before the last day. */
  readonly from: Date;
  /** End of the last day: rows of a run come after it. */
  readonly to: Date;
}

/** The twelve calendar months up to yesterday. */
export function yearSpan(now: Date): YearSpan {
  const to = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()));
  const last = new Date(to.getTime() - DAY_MS);
  return { from: new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() - 11, 1)), to };
}

export const DAY_MS = 86_400_000;

/** A day and how many rows it has: fewer at weekends, and more from month to month. */
export function rowsByDay(
  { from, to }: YearSpan,
  rows: number,
): { readonly day: Date; readonly rows: number }[] {
  const days: { day: Date; weight: number }[] = [];
  for (let time = from.getTime(); time < to.getTime(); time += DAY_MS) {
    const day = new Date(time);
    const isWeekend = day.getUTCDay() % 6 === 0;
    const growth = 1 + (time - from.getTime()) / (to.getTime() - from.getTime());
    days.push({ day, weight: growth * (isWeekend ? 0.2 : 1) });
  }
  const total = days.reduce((sum, { weight }) => sum + weight, 0);
  return days.map(({ day, weight }) => ({ day, rows: Math.max(1, Math.round((rows * weight) / total)) }));
}

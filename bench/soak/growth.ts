import { median } from "../statistics/median";

/** How something changed over time: the middle values of the second quarter, when all has been warm for a while, and of the last. */
export interface Growth {
  readonly before: number;
  readonly after: number;
}

/** @param values in the order of time */
export function growthOf(values: readonly number[]): Growth {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  return {
    before: median(values.slice(quarter, 2 * quarter)) ?? Number.NaN,
    after: median(values.slice(-quarter)) ?? Number.NaN,
  };
}

/** Whether it stayed where it was. @param factor and amount that it may grow by, whichever is more */
export const isFlat = ({ before, after }: Growth, factor: number, amount: number): boolean =>
  after <= Math.max(before * factor, before + amount);

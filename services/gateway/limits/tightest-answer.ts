import type { QuotaAnswer } from "./leased-quota";

/** The one that refused and makes wait longest, or else the one with the least left. `undefined`: there is none. */
export function tightestOf<One extends { readonly answer: QuotaAnswer }>(
  answers: readonly One[],
): One | undefined {
  return answers.reduce<One | undefined>((tightest, one) => {
    if (tightest === undefined) return one;
    const [a, b] = [tightest.answer, one.answer];
    if (a.taken === undefined || b.taken === undefined) {
      if (a.taken !== undefined) return one;
      return b.taken === undefined && b.waitMs > a.waitMs ? one : tightest;
    }
    return b.remaining < a.remaining ? one : tightest;
  }, undefined);
}

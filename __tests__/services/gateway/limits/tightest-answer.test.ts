import type { LeasedQuota, QuotaAnswer } from "../../../../services/gateway/limits/leased-quota";
import { tightestOf } from "../../../../services/gateway/limits/tightest-answer";

const taken = { quota: {} as LeasedQuota, block: 1, amount: 1, reserved: 0 };
const given = (remaining: number): QuotaAnswer => ({ taken, limit: 9, remaining, waitMs: 0, resetMs: 0 });
const refused = (waitMs: number): QuotaAnswer => ({
  taken: undefined,
  limit: 9,
  remaining: 0,
  waitMs,
  resetMs: 0,
});

test.each<[string, QuotaAnswer[], number | undefined]>([
  ["none", [], undefined],
  ["the one with the least left", [given(5), given(2), given(3)], 1],
  ["the first of equals", [given(2), given(2)], 0],
  ["one that refused before one that did not", [given(0), refused(1)], 1],
  ["one that refused, whichever came first", [refused(1), given(0)], 0],
  ["the one that makes wait longest", [refused(1), refused(3), given(0), refused(2)], 1],
])("the tightest is %s", (_name, answers, index) => {
  const all = answers.map((answer) => ({ answer }));
  expect(tightestOf(all)).toBe(index === undefined ? undefined : all[index]);
});

import { allowanceOfKey, allowanceOfUser } from "../../../../../services/gateway/identity/allowances";
import {
  budgetForParallel,
  budgetsOf,
  periodAt,
} from "../../../../../services/gateway/money/ledger/budgets-of-request";
import { user, virtualKey } from "../../../../support/services/holders";

describe("budgets of request", () => {
  const NOW = Date.parse("2026-11-24T13:00:00Z");
  const DAY = "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z";
  const ofKey = allowanceOfKey(
    virtualKey({ keyId: "k", maxBudgetNanoUsd: 1, budgetDuration: "1d" }),
    undefined,
  );
  const ofUser = allowanceOfUser(user({ userId: "ada", maxBudgetNanoUsd: 2 }), undefined);
  const NONE = { allowances: [], endUser: null, maxEndUserBudgetNano: undefined };

  test("key, user and end user, in this order, each in its own period", () => {
    const budgets = budgetsOf({ allowances: [ofKey, ofUser], endUser: "eve", maxEndUserBudgetNano: 3 }, NOW);
    expect(budgets).toEqual([
      {
        scope: "key",
        account: "key:k",
        limitNano: 1,
        period: DAY,
        since: new Date("2026-11-24T00:00:00Z"),
        endsAt: new Date("2026-11-25T00:00:00Z"),
      },
      { scope: "user", account: "user:ada", limitNano: 2, period: "all", since: null, endsAt: null },
      { scope: "end_user", account: "end_user:eve", limitNano: 3, period: "all", since: null, endsAt: null },
    ]);
  });

  test("who has no budget is not charged", () => {
    expect(budgetsOf(NONE, NOW)).toEqual([]);
    const unlimited = allowanceOfKey(virtualKey(), undefined);
    expect(budgetsOf({ ...NONE, allowances: [unlimited], endUser: "eve" }, NOW)).toEqual([]);
  });

  test("places of a key and of a user of the same name are not the same", () => {
    expect(budgetForParallel("x", 2)).toMatchObject({ account: "parallel:key:x", limitNano: 2 });
    expect(budgetForParallel("x", 2, "user")).toMatchObject({ account: "parallel:user:x", limitNano: 2 });
  });
});

describe("period", () => {
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
});

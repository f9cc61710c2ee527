import { allowanceOfKey, allowanceOfUser } from "../../../../../services/gateway/identity/allowances";
import type { Reservation } from "../../../../../services/gateway/money/ledger/ledger";
import { HeldLimits, limitsOf, tightestOf } from "../../../../../services/gateway/money/limits/held-limits";
import type { LeasedQuota, QuotaAnswer } from "../../../../../services/gateway/money/limits/leased-quota";
import { namedBudget, user, virtualKey } from "../../../../support/services/holders";

describe("held limits", () => {
  /** Limits of which a place, a request and 10 tokens are held, and what becomes of them. */
  function hold() {
    const calls: string[] = [];
    const take = (name: string, amount: number, reserved = 0) => ({
      quota: { name } as unknown as LeasedQuota,
      block: 1,
      amount,
      reserved,
    });
    const held = new HeldLimits({
      refund: ({ amount }) => void calls.push(`refund ${amount}`),
      correct: ({ amount }, actual) => void calls.push(`correct ${amount} to ${actual}`),
    });
    held.addPlace({ settle: () => void calls.push("leave") } as unknown as Reservation);
    held.addCount("requests", take("requests", 1));
    held.addCount("tokens", take("tokens", 10, 6));
    return { held, calls, take };
  }

  test("what was not sent counts for nothing", () => {
    const { held, calls } = hold();
    held.giveBack();
    expect(calls).toEqual(["leave", "refund 1", "refund 10"]);
  });

  test("the provider's count takes the place of the estimate", () => {
    const { held, calls } = hold();
    held.settle(7);
    expect(calls).toEqual(["leave", "correct 10 to 7"]);
  });

  test("a provider that reported nothing leaves the estimate of the input standing, and nothing of the answer", () => {
    const { held, calls } = hold();
    held.settle(0);
    expect(calls).toEqual(["leave", "correct 10 to 4"]);
  });

  test.each(["giveBack", "settle"] as const)(
    "what is taken after %s, because the client had left, is given back",
    (end) => {
      const { held, calls, take } = hold();
      held[end](7);
      calls.length = 0;
      held.addCount("tokens", take("tokens", 20));
      expect(calls).toEqual(["refund 20"]);
    },
  );
});

describe("limits of request", () => {
  test("the key's limits, then the user's", () => {
    const key = allowanceOfKey(virtualKey({ keyId: "k", rpmLimit: 5, maxParallelRequests: 0 }), undefined);
    const ada = allowanceOfUser(user({ userId: "ada", tpmLimit: 100 }), namedBudget({ rpmLimit: 7 }));
    expect(limitsOf([key, ada])).toEqual([
      { scope: "key", id: "k", rpm: 5, tpm: null, maxParallel: 0 },
      { scope: "user", id: "ada", rpm: 7, tpm: 100, maxParallel: null },
    ]);
  });

  test("who has no limit is left out", () => {
    const key = allowanceOfKey(virtualKey({ maxBudgetNanoUsd: 5 }), undefined);
    expect(limitsOf([key])).toEqual([]);
    expect(limitsOf([])).toEqual([]);
  });
});

describe("tightest answer", () => {
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
});

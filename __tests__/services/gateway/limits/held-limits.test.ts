import type { Reservation } from "../../../../services/gateway/ledger/reservation";
import { HeldLimits } from "../../../../services/gateway/limits/held-limits";
import type { LeasedQuota } from "../../../../services/gateway/limits/leased-quota";

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

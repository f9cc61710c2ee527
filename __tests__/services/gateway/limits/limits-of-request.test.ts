import { allowanceOfKey, allowanceOfUser } from "../../../../services/gateway/ledger/allowances";
import { limitsOf } from "../../../../services/gateway/limits/limits-of-request";
import { namedBudget, user, virtualKey } from "../../../support/services/holders";

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

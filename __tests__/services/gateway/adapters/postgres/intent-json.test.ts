import { decodeIntents, encodeIntents } from "../../../../../services/gateway/adapters/postgres/intent-json";
import { auditRow } from "../../../../support/services/audit-row";

const budgets = [{ account: "key:1", period: "all" }];
const intent = { requestId: "1", owner: "2", budgets, reservedNano: 5 };

test("intents come back as they were", () => {
  const intents = [
    { ...intent, row: auditRow({ costNanoUsd: null, endUser: "ada", isStream: true }) },
    { ...intent, row: auditRow({ costNanoUsd: 0, keyId: null }) },
  ];
  expect(decodeIntents(encodeIntents(intents))).toEqual(intents);
});

test("what is not known yet is not written", () => {
  const row = auditRow({ endUser: null, outputTokens: 0, isStream: false, ttftMs: null, keyAlias: "ada" });
  const text = encodeIntents([{ ...intent, row }]);
  expect(text).toContain('"keyAlias":"ada"');
  for (const name of ["endUser", "outputTokens", "isStream", "ttftMs"]) expect(text).not.toContain(name);
});

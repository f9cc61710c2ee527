import { DEFAULT_ROUTING, isBilledWhole } from "../../../../services/gateway/providers/deployment";
import { Secret } from "../../../../services/shared/secret";

const apiKey = new Secret("k");

it("is billed whole by Bedrock alone when an answer is given up", () => {
  expect(isBilledWhole({ access: { provider: "anthropic", apiKey } })).toBe(false);
  for (const api of ["invoke", "messages"] as const) {
    const access = { provider: "bedrock", region: "us-east-1", credentials: { apiKey }, api } as const;
    expect(isBilledWhole({ access })).toBe(true);
  }
});

it("asks as often as LiteLLM does unless the configuration says otherwise", () => {
  expect(DEFAULT_ROUTING).toMatchObject({ maxAttempts: 3, coolDownMs: 5000 });
});

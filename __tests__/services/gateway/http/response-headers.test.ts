import { FakeAnthropic } from "../../../support/services/fake-anthropic";
import { buildTestGateway, MODEL, type TestGateway } from "../../../support/services/test-gateway";

const KEY = "sk-key-with-limits-0000";
let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  url = await gateway.listen();
  await gateway.namedBudgets.create("team", "tests", { maxBudgetNanoUsd: 2_500_000_000 });
  await gateway.addKey(KEY, { budgetId: "team", rpmLimit: 50, tpmLimit: 60_000 });
  await gateway.addKey("sk-key-without-000000");
});
afterAll(async () => {
  await gateway.close();
  await upstream.stop();
});

/** LiteLLM's headers about money, limits and time. */
async function headersOf(body: object, key = KEY): Promise<Record<string, string>> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }], ...body }),
  });
  await response.text();
  const about = /^x-litellm-(key|response)-/;
  return Object.fromEntries([...response.headers].filter(([name]) => about.test(name)));
}

const LIMITS = {
  "x-litellm-key-max-budget": "2.5",
  "x-litellm-key-rpm-limit": "50",
  "x-litellm-key-tpm-limit": "60000",
};

test("a whole answer says what it cost and took, and what the key is limited to", async () => {
  expect(await headersOf({})).toEqual({
    ...LIMITS,
    // 10 × 3000 + 7 × 15000 + 4 × 300 + 3 × 3750 nano-USD
    "x-litellm-response-cost": "0.00014745",
    "x-litellm-response-duration-ms": expect.stringMatching(/^\d+$/),
  });
});

test("a stream says the limits", async () => {
  expect(await headersOf({ stream: true })).toEqual(LIMITS);
});

test("a refusal costs nothing and says so by silence; a key without limits has none", async () => {
  expect(await headersOf({ model: "unknown" })).toEqual(LIMITS);
  expect(Object.keys(await headersOf({}, "sk-key-without-000000")).sort()).toEqual([
    "x-litellm-response-cost",
    "x-litellm-response-duration-ms",
  ]);
});

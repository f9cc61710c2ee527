import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  FakeAnthropic,
  failWith,
  messageEvents,
  messageStart,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import {
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

const KEY = "sk-budgeted-key-000000";
/** What an answer of the fake costs: 10 plain, 3 to and 4 from the cache, 7 out. */
const COST_NANO = 10 * 3000 + 3 * 3750 + 4 * 300 + 7 * 15_000;

let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
});
beforeEach(() => {
  upstream.script = answerWith(messageEvents(["Hello"]));
  upstream.requests.length = 0;
});
afterEach(() => gateway.close());
afterAll(() => upstream.stop());

async function start(props: TestGatewayProps = {}): Promise<void> {
  gateway = buildTestGateway({ upstreamUrl: upstream.url, ...props });
  url = await gateway.listen();
}

const ask = (body: object = {}, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({
      model: MODEL,
      messages: [{ role: "user", content: "x" }],
      max_tokens: 10,
      ...body,
    }),
    ...(signal === undefined ? {} : { signal }),
  });

async function info(): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/key/info`, { headers: { authorization: `Bearer ${KEY}` } });
  return ((await response.json()) as { info: Record<string, unknown> }).info;
}

const rows = () => [...gateway.audit.rows.values()];

test.each([false, true])("an answer is charged to the key, stream: %s", async (stream) => {
  await start();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000, budgetDuration: "30d" });
  await (await ask({ stream })).text();
  expect((await info())["spend"]).toBe(COST_NANO / 1e9);
  expect(gateway.ledger.reservedNano).toBe(0);
  expect(gateway.budgets.intents.size).toBe(0);
});

test("a spent budget is 402 with all that is to be known, without asking the provider", async () => {
  await start();
  gateway.clock.now = () => Date.parse("2026-11-24T13:00:00Z");
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_500_000, budgetDuration: "1d" });
  let refused: Response | undefined;
  for (let count = 0; refused === undefined; count += 1) {
    const response = await ask();
    if (response.status !== 200) refused = response;
    else await response.text();
    expect(count).toBeLessThan(20);
  }
  const asked = upstream.requests.length;
  expect(refused.status).toBe(402);
  expect(refused.headers.get("retry-after")).toBeNull();
  expect(await refused.json()).toEqual({
    error: {
      message: expect.stringMatching(
        /^Budget has been exceeded! Current cost: .* Max budget: 0.0015 \(key\)/,
      ),
      type: "budget_exceeded",
      param: null,
      code: "402",
      scope: "key",
      limit: 0.0015,
      spent: (asked * COST_NANO) / 1e9,
      resets_at: "2026-11-25T00:00:00.000Z",
    },
  });
  expect((await ask()).status).toBe(402);
  expect(upstream.requests).toHaveLength(asked);
  expect(rows().filter((row) => row.status === 402)).toMatchObject([{ costNanoUsd: 0 }, { costNanoUsd: 0 }]);
  // The next period begins by itself.
  gateway.clock.now = () => Date.parse("2026-11-25T00:00:00Z");
  expect((await ask()).status).toBe(200);
});

test("what a running request holds is 429 with Retry-After", async () => {
  await start();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 2_000_000 });
  upstream.script = stallAfter([messageStart(), textDelta("begun")]);
  const client = new AbortController();
  await ask({ stream: true, max_tokens: 60 }, {}, client.signal);
  const refused = await ask({ max_tokens: 60 });
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({
    error: { type: "budget_reserved", code: "429", scope: "key" },
  });
  // The client leaves: what was delivered is billed, the rest is free.
  client.abort();
  await eventually(() => gateway.ledger.reservedNano === 0);
  upstream.script = answerWith(messageEvents(["Hello"]));
  expect((await ask({ max_tokens: 60 })).status).toBe(200);
});

test("a very long answer is shortened to what the budget pays for in any case", async () => {
  await start();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 100_000_000 });
  const response = await ask({ max_tokens: 32_000 });
  expect(response.status).toBe(200);
  const sent = Number(upstream.lastRequest.body["max_tokens"]);
  expect(response.headers.get("x-gateway-max-tokens")).toBe(String(sent));
  expect(sent).toBeGreaterThan(4096 / 2);
  expect(sent * 15_000).toBeLessThan(100_000_000);
});

test.each<[string, () => void, number]>([
  [
    "an error of the provider",
    () => {
      upstream.script = failWith(500, "api_error", "broken");
    },
    0,
  ],
  [
    "a stream cut off",
    () => {
      upstream.script = (response) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end();
      };
    },
    0,
  ],
])("%s settles at what was reported", async (_name, prepare, cost) => {
  await start();
  const key = await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
  prepare();
  expect((await ask()).status).toBeGreaterThanOrEqual(500);
  expect(gateway.ledger.reservedNano).toBe(0);
  await expect(gateway.budgets.spentNano({ account: `key:${key.keyId}`, period: "all" })).resolves.toBe(cost);
});

test("without a price a key with a budget is refused, one without is served", async () => {
  await start({ hasPrices: false });
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
  const refused = await ask();
  expect(refused.status).toBe(400);
  expect(await refused.json()).toMatchObject({ error: { code: "price_unknown", param: "model" } });
  expect((await ask({}, { authorization: `Bearer ${MASTER_KEY}` })).status).toBe(200);
});

test.each<[string, object, Record<string, string>]>([
  ["the body", { user: "ada" }, {}],
  ["LiteLLM's header", {}, { "x-litellm-end-user-id": "ada" }],
  ["its other header", { user: "other" }, { "x-litellm-customer-id": "ada" }],
])(
  "an end user named by %s has the budget of the settings, whatever the key",
  async (_name, body, headers) => {
    await start({ maxEndUserBudgetNano: 1_200_000 });
    const auth = { authorization: `Bearer ${MASTER_KEY}` };
    await (await ask(body, { ...headers, ...auth })).text();
    const refused = await ask({ ...body, max_tokens: 100 }, { ...headers, ...auth });
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ error: { scope: "end_user", limit: 0.0012 } });
    expect((await ask({ user: "grace" }, auth)).status).toBe(200);
  },
);

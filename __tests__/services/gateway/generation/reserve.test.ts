import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  FakeAnthropic,
  failWith,
  messageEvents,
  messageStart,
  type Script,
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

test("a key whose spend is set back may go on", async () => {
  await start();
  await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_500_000, budgetDuration: "30d" });
  while ((await ask()).status === 200);
  const admin = { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" };
  const body = JSON.stringify({ key: KEY, spend: 0 });
  expect((await fetch(`${url}/key/update`, { method: "POST", headers: admin, body })).status).toBe(200);
  expect((await info())["spend"]).toBe(0);
  // With the next signs of life the gateway forgets what it knew of a budget that nobody uses.
  await gateway.ledger.beat();
  await gateway.ledger.beat();
  expect((await ask()).status).toBe(200);
  expect((await info())["spend"]).toBe(COST_NANO / 1e9);
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

test.each<[string, Script, boolean]>([
  ["an error of the provider", failWith(500, "api_error", "broken"), true],
  ["a stream cut off", answerWith([]), true],
  ["a refusal of the provider", failWith(529, "overloaded_error", "busy"), false],
])(
  "%s leaves nothing reserved, and is charged where the provider may bill it",
  async (_name, script, isBilled) => {
    await start();
    const key = await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
    upstream.script = script;
    expect((await ask()).status).toBeGreaterThanOrEqual(500);
    expect(gateway.ledger.reservedNano).toBe(0);
    const spent = await gateway.budgets.spentNano({ account: `key:${key.keyId}`, period: "all" });
    expect([(spent ?? 0) > 0, rows()[0]?.costNanoUsd]).toEqual([isBilled, spent]);
  },
);

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
    await start({ maxEndUserBudgetNano: 1_500_000 });
    const auth = { authorization: `Bearer ${MASTER_KEY}` };
    await (await ask(body, { ...headers, ...auth })).text();
    const refused = await ask({ ...body, max_tokens: 100 }, { ...headers, ...auth });
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ error: { scope: "end_user", limit: 0.0015 } });
    expect((await ask({ user: "grace" }, auth)).status).toBe(200);
  },
);

describe("the budget of a user", () => {
  const OTHER = "sk-other-key-of-ada-00";
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  const spent = (account: string) => gateway.budgets.spentNano({ account, period: "all" });

  test("is shared by all keys of the user, exactly, also when many ask at once", async () => {
    await start();
    await gateway.users.create("ada", "tests", { maxBudgetNanoUsd: 3_000_000 });
    const keys = [
      await gateway.addKey(KEY, { userId: "ada" }),
      await gateway.addKey(OTHER, { userId: "ada", maxBudgetNanoUsd: 1_000_000_000 }),
    ];
    const statuses = await Promise.all(
      [KEY, OTHER].map(async (key) => {
        const all: number[] = [];
        for (let count = 0; count < 60 && all.at(-1) !== 402; count += 1) {
          const responses = await Promise.all([1, 2, 3].map(() => ask({}, as(key))));
          for (const response of responses) await response.text();
          all.push(...responses.map(({ status }) => status).sort());
        }
        return all;
      }),
    );
    const answered = statuses.flat().filter((status) => status === 200).length;
    expect(statuses.map((all) => all.at(-1))).toEqual([402, 402]);
    expect(await spent("user:ada")).toBe(answered * COST_NANO);
    expect(answered * COST_NANO).toBeLessThanOrEqual(3_000_000);
    // Nothing more fits: the bound of one more request is above what is left.
    expect(answered * COST_NANO).toBeGreaterThan(3_000_000 - 1_000_000);
    const ofOther = rows().filter(({ keyId }) => keyId === keys[1]?.keyId);
    expect(await spent(`key:${keys[1]?.keyId}`)).toBe(
      ofOther.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0),
    );
    expect(gateway.ledger.reservedNano).toBe(0);
  });

  test("is refused by its name, and leaves the key's own budget untouched", async () => {
    await start();
    await gateway.users.create("ada", "tests", { maxBudgetNanoUsd: 1000, budgetDuration: "30d" });
    const key = await gateway.addKey(KEY, { userId: "ada", maxBudgetNanoUsd: 1_000_000_000 });
    const refused = await ask();
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({
      error: { scope: "user", limit: 0.000001, resets_at: expect.any(String) },
    });
    expect(await spent(`key:${key.keyId}`)).toBe(0);
    expect(gateway.ledger.reservedNano).toBe(0);
  });

  test("comes from a named budget where the user has none, and a change is in force at once", async () => {
    await start();
    await gateway.namedBudgets.create("team", "tests", { maxBudgetNanoUsd: 1000 });
    await gateway.users.create("ada", "tests", { budgetId: "team" });
    await gateway.addKey(KEY, { userId: "ada" });
    expect((await ask()).status).toBe(402);
    await gateway.namedBudgets.update("team", "tests", { maxBudgetNanoUsd: 1_000_000_000 });
    expect((await ask()).status).toBe(200);
    await gateway.namedBudgets.delete(["team"]);
    const refused = await ask();
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: { code: "budget_unknown" } });
  });

  test("is shown and set back as what the user has spent", async () => {
    await start();
    await gateway.users.create("ada", "tests", { maxBudgetNanoUsd: 1_000_000_000, budgetDuration: "1d" });
    await gateway.addKey(KEY, { userId: "ada" });
    await (await ask()).text();
    const admin = { ...as(MASTER_KEY), "content-type": "application/json" };
    const shown = async () => {
      const response = await fetch(`${url}/user/info?user_id=ada`, { headers: admin });
      return ((await response.json()) as { user_info: { spend: number } }).user_info.spend;
    };
    expect(await shown()).toBe(COST_NANO / 1e9);
    const body = JSON.stringify({ user_id: "ada", spend: 0.5 });
    expect((await fetch(`${url}/user/update`, { method: "POST", headers: admin, body })).status).toBe(200);
    expect(await shown()).toBe(0.5);
  });
});

test("a key may not use a model that its user may not", async () => {
  await start();
  await gateway.users.create("ada", "tests", { models: ["claude-haiku-4-5"] });
  await gateway.addKey(KEY, { userId: "ada", models: [MODEL] });
  expect((await ask()).status).toBe(403);
  expect((await ask({ model: "claude-haiku-4-5" })).status).toBe(403);
  await gateway.users.upsert("ada", "tests", { models: ["claude-haiku-4-5", MODEL] });
  expect((await ask()).status).toBe(200);
  const list = await fetch(`${url}/v1/models`, { headers: { authorization: `Bearer ${KEY}` } });
  expect(((await list.json()) as { data: { id: string }[] }).data.map(({ id }) => id)).toEqual([MODEL]);
});

describe("what is billed beyond the text", () => {
  const askMessages = (body: object) =>
    fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({
        model: MODEL,
        max_tokens: 10,
        messages: [{ role: "user", content: "x" }],
        ...body,
      }),
    });

  test("is refused by its place, with the true reason", async () => {
    await start();
    await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
    const refused = await askMessages({ tools: [{ type: "web_search_20250305", name: "w" }] });
    expect(refused.status).toBe(400);
    const { error } = (await refused.json()) as { error: { message: string } };
    expect(error).toMatchObject({ details: { param: "tools.0" } });
    expect(error.message).toMatch(
      /^tools\.0: the provider runs this tool and re-reads the prompt with each result, and this request counts against a budget\./,
    );
    expect(upstream.requests).toHaveLength(0);
  });

  test.each([
    ["fallbacks", [{ model: "other" }]],
    ["speed", "fast"],
  ])("%s is sent for nobody, so it stops nobody", async (field, value) => {
    await start();
    await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 });
    const response = await askMessages({ [field]: value });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-dropped-params")).toBe(field);
    expect(upstream.lastRequest.body).not.toHaveProperty(field);
  });

  test.each([
    ["global", 1_000_000_000, 200],
    ["us", 1_000_000_000, 200],
    ["mars", 1_000_000_000, 400],
    ["mars", null, 200],
  ])("inference_geo %s with a budget of %p is %i", async (geo, maxBudgetNanoUsd, status) => {
    await start();
    await gateway.addKey(KEY, { maxBudgetNanoUsd });
    const response = await askMessages({ inference_geo: geo });
    expect(response.status).toBe(status);
    if (status === 200) expect(upstream.lastRequest.body["inference_geo"]).toBe(geo);
    else expect(await response.text()).toContain("inference_geo: the price of this region is unknown");
  });

  test("with working rules a summary of the conversation is left out, so it stops nobody", async () => {
    await start();
    await gateway.addKey(KEY, {
      maxBudgetNanoUsd: 1_000_000_000,
      metadata: { enforcement_level: "standard" },
    });
    const edits = [{ type: "compact_20260112" }];
    const response = await askMessages({ context_management: { edits } });
    expect(response.status).toBe(200);
    expect(response.headers.get("x-gateway-dropped-params")).toBe("context_management");
  });
});

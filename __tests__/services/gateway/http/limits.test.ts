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
import { MeteredProvider } from "../../../support/services/metered-provider";
import { buildTestGateway, MODEL, type TestGateway } from "../../../support/services/test-gateway";
import { WIRE_APIS } from "../../../support/services/wire-apis";

const KEY = "sk-limited-key-000000";
let upstream: FakeAnthropic;
let gateway: TestGateway;
let url: string;
let now: number;

beforeAll(async () => {
  upstream = await FakeAnthropic.start();
});
beforeEach(async () => {
  upstream.script = answerWith(messageEvents(["Hello"]));
  gateway = buildTestGateway({ upstreamUrl: upstream.url });
  now = Date.parse("2026-01-02T03:04:05.000Z");
  gateway.clock.now = () => now;
  url = await gateway.listen();
});
afterEach(() => gateway.close());
afterAll(() => upstream.stop());

const ask = (body: object = {}, signal?: AbortSignal) =>
  fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });

/** Reads to the end, so that the request is over when this resolves. */
async function askAll(body: object = {}): Promise<Response> {
  const response = await ask(body);
  await response.clone().text();
  return response;
}

test("requests a minute: the window slides, Retry-After is when the next one fits", async () => {
  await gateway.addKey(KEY, { rpmLimit: 2 });
  expect((await askAll()).status).toBe(200);
  now += 20_000;
  expect((await askAll({ stream: true })).status).toBe(200);
  const refused = await askAll();
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("40");
  expect(refused.headers.get("rate_limit_type")).toBe("requests");
  const { error } = (await refused.json()) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ type: "rate_limit_error", code: "429", param: null });
  expect(error["message"]).toMatch(
    /^Rate limit exceeded for api_key: [0-9a-f]{64}\. Limit type: requests\. Current limit: 2, Remaining: 0\. Limit resets at: 2026-01-02 03:05:05 UTC$/,
  );
  now += 40_000;
  expect((await askAll()).status).toBe(200);
  expect((await askAll()).status).toBe(429);
});

test.each([false, true])("the headers say what is left, stream: %s", async (stream) => {
  await gateway.addKey(KEY, { rpmLimit: 5, tpmLimit: 1000 });
  const { headers } = await askAll({ stream });
  expect(headers.get("x-ratelimit-limit-requests")).toBe("5");
  expect(headers.get("x-ratelimit-remaining-requests")).toBe("4");
  expect(headers.get("x-ratelimit-reset-requests")).toBe("60s");
  expect(headers.get("x-ratelimit-limit-tokens")).toBe("1000");
  expect(Number(headers.get("x-ratelimit-remaining-tokens"))).toBeGreaterThan(900);
});

test("a request that is refused before the provider is asked does not count", async () => {
  await gateway.addKey(KEY, { rpmLimit: 1, tpmLimit: 1_000_000 });
  for (let count = 0; count < 3; count += 1) expect((await askAll({ model: "unknown" })).status).toBe(404);
  expect((await askAll()).status).toBe(200);
  expect((await askAll()).status).toBe(429);
});

test("a request that the provider refused does count", async () => {
  await gateway.addKey(KEY, { rpmLimit: 1 });
  upstream.script = failWith(529, "overloaded_error", "busy");
  expect((await askAll()).status).toBeGreaterThanOrEqual(500);
  expect((await askAll()).status).toBe(429);
});

test("tokens a minute: estimated at first, then as the provider counted", async () => {
  // The answer of the fake counts 20 tokens without cache reads: 10 plain, 3 to the cache, 7 out.
  await gateway.addKey(KEY, { tpmLimit: 100 });
  expect((await askAll({ messages: [{ role: "user", content: "x".repeat(300) }] })).status).toBe(200);
  const second = await askAll();
  expect(second.status).toBe(200);
  // 20 were really used; the second was estimated by its size.
  const estimate = Math.ceil(
    JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "x" }] }).length / 4,
  );
  expect(second.headers.get("x-ratelimit-remaining-tokens")).toBe(String(100 - 20 - estimate));
});

test("an answer that was longer than estimated counts against the next", async () => {
  await gateway.addKey(KEY, { tpmLimit: 21 });
  expect((await askAll()).status).toBe(200);
  const refused = await askAll();
  expect(refused.status).toBe(429);
  expect(refused.headers.get("rate_limit_type")).toBe("tokens");
  expect(refused.headers.get("retry-after")).toBe("60");
});

describe("tokens a minute, with answers that are as long as they may be", () => {
  let provider: MeteredProvider;
  let metered: TestGateway;
  beforeEach(async () => {
    provider = await MeteredProvider.start();
    metered = buildTestGateway({ upstreamUrl: provider.url });
    url = await metered.listen();
  });
  afterEach(async () => {
    await metered.close();
    await provider.stop();
  });
  const tokens = () => provider.billedTokens;

  test("of many at once no more is let through than the limit and one answer", async () => {
    await metered.addKey(KEY, { tpmLimit: 10_000 });
    provider.delayMs = 500;
    const responses = await Promise.all(Array.from({ length: 30 }, () => askAll({ max_tokens: 10_000 })));
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(tokens()).toBeLessThanOrEqual(20_000);
    const refused = responses.find(({ status }) => status === 429);
    expect(refused?.headers.get("rate_limit_type")).toBe("tokens");
    // The answers that run may be shorter than they may be; nobody knows before they end.
    expect(refused?.headers.get("retry-after")).toBe("5");
  });

  test("small answers get in together, up to the limit", async () => {
    await metered.addKey(KEY, { tpmLimit: 10_000 });
    provider.delayMs = 500;
    const responses = await Promise.all(Array.from({ length: 40 }, () => askAll({ max_tokens: 1000 })));
    const through = responses.filter(({ status }) => status === 200).length;
    expect(through).toBeGreaterThanOrEqual(9);
    expect(tokens()).toBeLessThanOrEqual(11_000);
  });

  test("a client that always allows long answers gets one after the other, as long as they are short", async () => {
    await metered.addKey(KEY, { tpmLimit: 10_000 });
    provider.delayMs = 0;
    provider.share = () => 1000 / 64_000;
    const statuses: number[] = [];
    for (let count = 0; count < 12; count += 1) statuses.push((await askAll({ max_tokens: 64_000 })).status);
    expect(statuses.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => 200));
    expect(statuses.at(-1)).toBe(429);
    expect(tokens()).toBeLessThanOrEqual(11_100);
  });

  test("a client that leaves, and a provider that fails, leave nothing reserved", async () => {
    await metered.addKey(KEY, { tpmLimit: 10_000 });
    provider.delayMs = 2000;
    const left = new AbortController();
    const gone = ask({ max_tokens: 64_000, stream: true }, left.signal).catch(() => undefined);
    await eventually(() => provider.requests === 1);
    left.abort();
    await gone;
    provider.delayMs = 0;
    await eventually(async () => (await askAll({ max_tokens: 100 })).status === 200);
  });
});

test("a provider that refused leaves no more counted than the input", async () => {
  await gateway.addKey(KEY, { tpmLimit: 1000 });
  upstream.script = failWith(529, "overloaded_error", "busy");
  for (let count = 0; count < 5; count += 1) expect((await askAll()).status).toBe(503);
});

test("tokens are counted on every API", async () => {
  await gateway.addKey(KEY, { tpmLimit: 100 });
  upstream.script = stallAfter([messageStart(), textDelta("begun")]);
  const first = await ask({ stream: true, max_tokens: 1000 });
  for (const api of WIRE_APIS) {
    const response = await fetch(`${url}${api.path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify(api.body({ stream: true })),
    });
    expect([api.name, response.status]).toEqual([api.name, 429]);
  }
  await first.body?.cancel();
});

test("requests at the same time: a place is free again when an answer ends, or its client leaves", async () => {
  await gateway.addKey(KEY, { maxParallelRequests: 2, rpmLimit: 100 });
  upstream.script = stallAfter([messageStart(), textDelta("begun")]);
  const clients = [new AbortController(), new AbortController()];
  await Promise.all(clients.map(({ signal }) => ask({ stream: true }, signal)));
  const refused = await askAll();
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({
    error: { message: expect.stringContaining("max_parallel_requests") },
  });
  upstream.script = answerWith(messageEvents(["Hello"]));
  clients[0]?.abort();
  await eventually(async () => (await askAll()).status === 200);
  for (let count = 0; count < 5; count += 1) await eventually(async () => (await askAll()).status === 200);
  clients[1]?.abort();
  await eventually(() => gateway.ledger.reservedNano === 0);
});

test("a limit of 0 lets nothing through", async () => {
  await gateway.addKey(KEY, { rpmLimit: 0 });
  expect((await askAll()).status).toBe(429);
});

test("a key without limits meets none, and gets no headers about them", async () => {
  await gateway.addKey(KEY);
  const { status, headers } = await askAll();
  expect(status).toBe(200);
  expect([...headers.keys()].filter((name) => name.startsWith("x-ratelimit"))).toEqual([]);
});

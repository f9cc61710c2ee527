import type { Deployment } from "../../../../services/gateway/providers/deployment";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  dropAfter,
  encodeEvents,
  FakeAnthropic,
  failWith,
  messageEvents,
  messageStart,
  type Script,
  stallAfter,
  textDelta,
} from "../../../support/services/fake-anthropic";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
  type TestGatewayProps,
} from "../../../support/services/test-gateway";

jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

let first: FakeAnthropic;
let second: FakeAnthropic;
let gateway: TestGateway;
let url: string;

beforeEach(async () => {
  [first, second] = await Promise.all([FakeAnthropic.start(), FakeAnthropic.start()]);
  second.script = answerWith(messageEvents(["from the second"]));
  await start();
});
afterEach(async () => {
  await gateway.close();
  await Promise.all([first.stop(), second.stop()]);
});

const deployment = (place: number, baseUrl: string): Deployment =>
  anthropicDeployment({
    id: `${MODEL}/${place}`,
    baseUrl,
    upstreamModel: `claude-sonnet-4-5-place-${place}`,
  });

async function start(props: TestGatewayProps = {}): Promise<void> {
  await gateway?.close();
  gateway = buildTestGateway({
    deployments: [deployment(0, first.url), deployment(1, second.url)],
    timeouts: { firstByteMs: 3000, idleMs: 300 },
    ...props,
    routing: { retryWaitMs: 1, ...props.routing },
  });
  url = await gateway.listen();
}

function ask(stream = false, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${MASTER_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ model: MODEL, stream, messages: [{ role: "user", content: "hi" }] }),
    ...init,
  });
}

const rows = () => [...gateway.audit.rows.values()];
const travel = (ms: number) => {
  const now = gateway.clock.now();
  gateway.clock.now = () => now + ms;
};

const web: Script = (response) => {
  response.writeHead(200, { "content-type": "text/html" });
  response.end("<h1>hello</h1>");
};
const garbage: Script = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end("data: {nonsense\n\n");
};
const error = (type: string) => answerWith([messageStart(), { type: "error", error: { type, message: "" } }]);

describe.each([false, true])("stream %s: a first deployment that", (stream) => {
  /** What is billed for it, beside the answer of the second. */
  const nothing = { inputTokens: 10, outputTokens: 7, isUsageEstimated: false };
  const reported = { inputTokens: 20, outputTokens: 8, isUsageEstimated: false };
  const estimated = { inputTokens: expect.any(Number), outputTokens: 7, isUsageEstimated: true };

  test.each<[string, Script, object]>([
    ["answers 401", failWith(401, "authentication_error", ""), nothing],
    ["answers 403", failWith(403, "permission_error", ""), nothing],
    ["answers 404", failWith(404, "not_found_error", ""), nothing],
    ["answers 429", failWith(429, "rate_limit_error", "", { "retry-after": "3" }), nothing],
    ["answers 500", failWith(500, "api_error", ""), estimated],
    ["answers 529", failWith(529, "overloaded_error", ""), nothing],
    [
      "reached its account's limit",
      failWith(400, "invalid_request_error", "You have reached your specified API usage limits"),
      nothing,
    ],
    ["says that it is overloaded", error("overloaded_error"), reported],
    ["cuts the connection", (response) => void response.destroy(), estimated],
    ["is cut off before content", dropAfter([messageStart()]), reported],
    ["ends before content", answerWith([messageStart()]), reported],
    ["never answers", () => {}, estimated],
    ["stalls before content", stallAfter([messageStart()]), reported],
    ["sends garbage", garbage, estimated],
    ["sends a web page", web, estimated],
  ])("%s is replaced by the second", async (_name, script, billed) => {
    first.script = script;
    const response = await ask(stream);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("from the second");
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-litellm-model-id": `${MODEL}/1`,
      "x-litellm-model-group": MODEL,
      "x-litellm-attempted-retries": "1",
    });
    expect(first.requests).toHaveLength(1);
    // Written anew for its own model.
    expect(second.lastRequest.body).toMatchObject({ model: "claude-sonnet-4-5-place-1" });
    expect(rows()).toMatchObject([
      {
        status: 200,
        deployment: `${MODEL}/1`,
        attempts: 2,
        ...billed,
      },
    ]);
  });

  test("refuses the request is believed", async () => {
    first.script = failWith(400, "invalid_request_error", "prompt is too long");
    const response = await ask(stream);
    expect(response.status).toBe(400);
    expect(response.headers.get("x-litellm-attempted-retries")).toBe("0");
    expect(second.requests).toHaveLength(0);
    expect(rows()).toMatchObject([{ status: 400, attempts: 1 }]);
  });

  test("has begun its answer keeps it, however it ends", async () => {
    first.script = dropAfter([messageStart(), textDelta("begun")]);
    const response = await ask(stream);
    const text = await response.text();
    expect(response.status).toBe(stream ? 200 : 502);
    expect(text).toContain("upstream_unreachable");
    expect(second.requests).toHaveLength(0);
    expect(rows()).toMatchObject([{ status: 502, attempts: 1, deployment: `${MODEL}/0` }]);
  });
});

test("an unreachable first deployment is replaced", async () => {
  await start({ deployments: [deployment(0, "http://127.0.0.1:9"), deployment(1, second.url)] });
  expect((await ask()).headers.get("x-litellm-model-id")).toBe(`${MODEL}/1`);
});

test("attempts are bounded", async () => {
  await start({ routing: { maxAttempts: 1 } });
  first.script = failWith(500, "api_error", "");
  expect((await ask()).status).toBe(503);
  expect(second.requests).toHaveLength(0);
});

test("no deployment is asked when the time for failover is over", async () => {
  await start({ routing: { failOverMs: 100 } });
  first.script = (response, request) =>
    void setTimeout(() => void failWith(500, "api_error", "")(response, request), 150);
  expect((await ask()).status).toBe(503);
  expect(second.requests).toHaveLength(0);
});

test("when all fail the caller gets the failure that may pass, never the gateway's own credentials' trouble", async () => {
  first.script = failWith(529, "overloaded_error", "");
  second.script = failWith(401, "authentication_error", "");
  const response = await ask();
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { code: "overloaded" } });
});

test("a client that leaves while the first deployment is silent reaches no second one", async () => {
  first.script = () => {};
  const abort = new AbortController();
  const request = ask(true, { signal: abort.signal });
  request.catch(() => {});
  await eventually(() => first.requests.length === 1);
  abort.abort();
  await eventually(() => rows().length === 1);
  expect(rows()).toMatchObject([{ status: 499, attempts: 1 }]);
  expect(second.requests).toHaveLength(0);
});

describe("a budget", () => {
  const KEY = "sk-a-key-with-a-budget";
  const DEAR = {
    inputPicoUsd: 6_000_000,
    outputPicoUsd: 30_000_000,
    cacheReadPicoUsd: 600_000,
    cacheWritePicoUsd: 7_500_000,
  };
  const withKey = { headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } };
  let keyId: string;

  beforeEach(async () => {
    await start({ deployments: [deployment(0, first.url), { ...deployment(1, second.url), prices: DEAR }] });
    ({ keyId } = await gateway.addKey(KEY, { maxBudgetNanoUsd: 1_000_000_000 }));
  });
  const spent = () => gateway.budgets.spentNano({ account: `key:${keyId}`, period: "all" });

  test("is reserved for the dearest deployment, and charged what the one that answered costs", async () => {
    first.script = failWith(529, "overloaded_error", "");
    const response = await ask(false, withKey);
    expect(response.status).toBe(200);
    await response.text();
    // 64,000 tokens at 30 USD a million are more than the budget: the answer is made shorter, everywhere.
    const maxTokens = Number(response.headers.get("x-gateway-max-tokens"));
    expect(maxTokens).toBeLessThan(33_334);
    expect(first.lastRequest.body["max_tokens"]).toBe(maxTokens);
    expect(second.lastRequest.body["max_tokens"]).toBe(maxTokens);
    // 10 × 6000 + 7 × 30000 + 4 × 600 + 3 × 7500
    expect(rows()).toMatchObject([{ attempts: 2, costNanoUsd: 294_900 }]);
    expect(await spent()).toBe(294_900);
  });

  test("is not touched when nobody was asked", async () => {
    first.script = failWith(401, "authentication_error", "");
    second.script = failWith(401, "authentication_error", "");
    await ask(false, withKey);
    expect((await ask(false, withKey)).status).toBe(503);
    expect(rows()).toMatchObject([{ attempts: 2 }, { attempts: 0, costNanoUsd: 0 }]);
    expect((await spent()) ?? 0).toBe(0);
    // All of it can be used again.
    second.script = answerWith(messageEvents(["from the second"]));
    travel(61_000);
    expect((await ask(false, withKey)).status).toBe(200);
  });
});

const headOnly: Script = (response) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
};

describe.each([
  ["never answers", () => {}],
  ["sends a head and nothing more", headOnly],
] as [string, Script][])("a first deployment that %s", (_name, script) => {
  const hanging = (firstEventMs: number) => ({ ...deployment(0, first.url), timeouts: { firstEventMs } });

  test("is replaced when its own time is over, not that of all others", async () => {
    await start({
      deployments: [hanging(200), deployment(1, second.url)],
      timeouts: { firstByteMs: 600_000, idleMs: 600_000 },
    });
    first.script = script;
    expect(await (await ask()).text()).toContain("from the second");
    expect(gateway.log.join("")).toContain('"reason":"first byte timeout"');
  });

  test("is sent no more while it hangs, long before its time is over", async () => {
    await start({
      deployments: [hanging(600_000), deployment(1, second.url)],
      timeouts: { firstByteMs: 600_000, idleMs: 600_000 },
    });
    first.script = script;
    const abort = new AbortController();
    const waiting = [1, 2, 3].map(() => ask(false, { signal: abort.signal }).catch(() => {}));
    await eventually(() => first.requests.length === 3);
    // Usual as yet.
    travel(60_000);
    waiting.push(ask(false, { signal: abort.signal }).catch(() => {}));
    await eventually(() => first.requests.length === 4);
    travel(61_000);
    for (let count = 0; count < 3; count += 1)
      expect(await (await ask()).text()).toContain("from the second");
    expect(first.requests).toHaveLength(4);

    // Whoever waited has left: it is asked again.
    abort.abort();
    await Promise.all(waiting);
    await eventually(() => gateway.inFlight.size === 0);
    first.script = answerWith(messageEvents(["from the first"]));
    expect(await (await ask()).text()).toContain("from the first");
  });
});

test("a deployment that hangs is asked all the same when no other one answers", async () => {
  await start({
    deployments: [
      { ...deployment(0, first.url), timeouts: { firstEventMs: 600_000 } },
      deployment(1, second.url),
    ],
  });
  first.script = () => {};
  const abort = new AbortController();
  for (let count = 0; count < 3; count += 1) ask(false, { signal: abort.signal }).catch(() => {});
  await eventually(() => first.requests.length === 3);
  travel(121_000);
  second.script = failWith(500, "api_error", "");
  first.script = answerWith(messageEvents(["from the first"]));
  const response = await ask();
  expect(await response.text()).toContain("from the first");
  expect([response.headers.get("x-litellm-attempted-retries"), second.requests.length]).toEqual(["1", 1]);
  abort.abort();
});

describe("timeout of a deployment", () => {
  const trickle: Script = (response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    const events = [
      ...messageEvents(["one"]).slice(0, 4),
      ...Array.from({ length: 30 }, () => textDelta("more")),
    ];
    const rest = messageEvents([]).slice(-3);
    const send = () => {
      const event = events.shift();
      response.write(encodeEvents(event === undefined ? rest : [event]));
      if (event === undefined) response.end();
      else setTimeout(send, 100);
    };
    send();
  };
  beforeEach(async () => {
    await start({
      deployments: [{ ...deployment(0, first.url), timeouts: { wholeMs: 2000 } }],
      timeouts: { firstByteMs: 600_000, idleMs: 600_000 },
    });
    first.script = trickle;
  });

  test("ends an answer in one piece that takes longer", async () => {
    const response = await ask();
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_timeout" } });
    await first.lastRequest.aborted;
    expect(gateway.log.join("")).toContain('"reason":"response timeout"');
  });

  test("lets a stream go on that comes as it should", async () => {
    expect(await (await ask(true)).text()).toContain("[DONE]");
  });
});

describe("cool-down", () => {
  test("three failures in a row: the first deployment cools down, then is probed by one request", async () => {
    first.script = failWith(500, "api_error", "");
    for (let count = 0; count < 4; count += 1) expect((await ask()).status).toBe(200);
    expect(first.requests).toHaveLength(3);
    expect(gateway.log.join("")).toContain("deployment cooling down");

    travel(5001);
    let answer = (): void => {};
    first.script = (response, request) => {
      answer = () => void answerWith(messageEvents(["from the first"]))(response, request);
    };
    const probe = ask();
    await eventually(() => first.requests.length === 4);
    // While the probe is under way the others still go to the second.
    expect(await (await ask()).text()).toContain("from the second");
    answer();
    expect(await (await probe).text()).toContain("from the first");
    first.script = answerWith(messageEvents(["from the first"]));
    expect(await (await ask()).text()).toContain("from the first");
    expect(gateway.log.join("")).toContain("deployment recovered");
  });

  test("a rate limit: cooling down for as long as the provider says", async () => {
    first.script = failWith(429, "rate_limit_error", "", { "retry-after": "60" });
    await ask();
    travel(59_000);
    await ask();
    expect(first.requests).toHaveLength(1);
    travel(1001);
    await ask();
    expect(first.requests).toHaveLength(2);
  });

  test.each([
    ["rate limits only", 429, "rate_limit_error", 429],
    ["other troubles", 401, "authentication_error", 503],
  ])(
    "all cooling down for %s: nobody is asked, and Retry-After says when",
    async (_name, status, type, expected) => {
      first.script = failWith(429, "rate_limit_error", "", { "retry-after": "60" });
      second.script = failWith(status, type, "", { "retry-after": "20" });
      const failed = await ask();
      expect(failed.status).toBe(429);
      expect(failed.headers.get("retry-after")).toBe(status === 429 ? "20" : "60");
      const refused = await ask();
      expect(refused.status).toBe(expected);
      expect(refused.headers.get("retry-after")).toBe(status === 429 ? "20" : "60");
      expect([first.requests.length, second.requests.length]).toEqual([1, 1]);
      expect(rows()).toMatchObject([{ attempts: 2 }, { attempts: 0, deployment: null, costNanoUsd: 0 }]);
    },
  );

  test("a client that leaves during the probe leaves the probe to the next request", async () => {
    first.script = failWith(429, "rate_limit_error", "", { "retry-after": "1" });
    await ask();
    travel(1001);
    first.script = () => {};
    const abort = new AbortController();
    const probe = ask(false, { signal: abort.signal });
    probe.catch(() => {});
    await eventually(() => first.requests.length === 2);
    abort.abort();
    await eventually(() => rows().length === 2);
    first.script = answerWith(messageEvents(["from the first"]));
    expect(await (await ask()).text()).toContain("from the first");
  });

  test("the only deployment of a model is always asked", async () => {
    await start({ deployments: [deployment(0, first.url)] });
    first.script = failWith(429, "rate_limit_error", "", { "retry-after": "60" });
    for (let count = 0; count < 2; count += 1) expect((await ask()).status).toBe(429);
    expect(first.requests).toHaveLength(2);
  });
});

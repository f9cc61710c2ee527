import type { Deployment, RoutingSettings } from "../../../../services/gateway/providers/deployment";
import { RetryThrottle } from "../../../../services/gateway/providers/retry";
import { eventually } from "../../../support/services/eventually";
import {
  answerWith,
  FakeAnthropic,
  failWith,
  messageEvents,
  messageStart,
  type Script,
} from "../../../support/services/fake-anthropic";
import { expectNothingHeld } from "../../../support/services/gauges";
import { Random } from "../../../support/services/random";
import {
  anthropicDeployment,
  buildTestGateway,
  MASTER_KEY,
  MODEL,
  type TestGateway,
} from "../../../support/services/test-gateway";

describe("retry refused", () => {
  let upstream: FakeAnthropic;
  let gateway: TestGateway;
  let url: string;

  beforeEach(async () => {
    upstream = await FakeAnthropic.start();
  });
  afterEach(async () => {
    await gateway.close();
    await upstream.stop();
  });

  interface Started {
    readonly routing?: Partial<RoutingSettings>;
    readonly deployment?: Partial<Deployment>;
    readonly others?: readonly Deployment[];
  }

  async function start({ routing, deployment, others = [] }: Started = {}): Promise<void> {
    gateway = buildTestGateway({
      deployments: [anthropicDeployment({ baseUrl: upstream.url, ...deployment }), ...others],
      routing: { retryWaitMs: 1, ...routing },
    });
    url = await gateway.listen();
  }

  function ask(init: RequestInit = {}, key = MASTER_KEY): Promise<Response> {
    return fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: MODEL, max_tokens: 100, messages: [{ role: "user", content: "hi" }] }),
      ...init,
    });
  }

  const rows = () => [...gateway.audit.rows.values()];
  const ANSWER = answerWith(messageEvents(["an answer"]));
  const full = (headers: Record<string, string> = {}, status = 529) =>
    failWith(status, status === 429 ? "rate_limit_error" : "overloaded_error", "", headers);

  /** Plays one script after the other; the last one stays. */
  function play(...scripts: readonly Script[]): void {
    let turn = 0;
    upstream.script = (response, request) => {
      const script = scripts[Math.min(turn, scripts.length - 1)] as Script;
      turn += 1;
      return script(response, request);
    };
  }

  test.each([429, 503, 529])("%i of the only deployment: it is asked once more", async (status) => {
    await start();
    play(full({}, status), ANSWER);
    const response = await ask();
    expect(response.status).toBe(200);
    expect(response.headers.get("x-litellm-attempted-retries")).toBe("1");
    expect(upstream.requests).toHaveLength(2);
    // What was refused is not billed: 10 tokens of the answer alone.
    expect(rows()).toMatchObject([
      { attempts: 2, inputTokens: 10, outputTokens: 7, isUsageEstimated: false },
    ]);
  });

  test.each([
    ["500", failWith(500, "api_error", "")],
    ["400", failWith(400, "invalid_request_error", "")],
    ["401", failWith(401, "authentication_error", "")],
    ["a broken connection", ((response) => void response.destroy()) as Script],
    [
      "want of room after the prompt was read, which is billed",
      answerWith([messageStart(), { type: "error", error: { type: "overloaded_error", message: "" } }]),
    ],
  ])("%s is no want of room, and the only deployment is not asked again", async (_name, script) => {
    await start();
    upstream.script = script;
    expect((await ask()).status).toBeGreaterThanOrEqual(400);
    expect(upstream.requests).toHaveLength(1);
  });

  test("once, and not for ever", async () => {
    await start();
    upstream.script = full();
    expect((await ask()).status).toBe(503);
    expect(upstream.requests).toHaveLength(2);
  });

  test.each<[string, Started]>([
    ["max_retries: 0 of the deployment", { deployment: { maxRetries: 0 } }],
    ["num_retries: 0 for all", { routing: { maxAttempts: 1 } }],
    ["no time left", { routing: { failOverMs: 500, retryWaitMs: 1000 } }],
  ])("with %s nothing is sent again", async (_name, started) => {
    await start(started);
    upstream.script = full();
    expect((await ask()).status).toBe(503);
    expect(upstream.requests).toHaveLength(1);
  });

  test("what the provider asks for is waited for", async () => {
    await start();
    play(full({ "retry-after": "1" }), ANSWER);
    const begun = performance.now();
    expect((await ask()).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1000);
  });

  test("a provider that asks for more than ten seconds is believed, and its client told", async () => {
    await start();
    upstream.script = full({ "retry-after": "11" });
    const response = await ask();
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "11"]);
    expect(upstream.requests).toHaveLength(1);
  });

  test("a client that leaves meanwhile ends the wait, and what it held is free", async () => {
    await start();
    const { keyId } = await gateway.addKey("sk-a-key-with-a-budget", { maxBudgetNanoUsd: 1_000_000_000 });
    upstream.script = full({ "retry-after": "10" });
    const abort = new AbortController();
    const asked = ask({ signal: abort.signal }, "sk-a-key-with-a-budget");
    asked.catch(() => {});
    await eventually(() => upstream.requests.length === 1);
    abort.abort();
    await eventually(() => rows().length === 1);
    expect(rows()).toMatchObject([{ status: 499, attempts: 1, costNanoUsd: 0 }]);
    await expectNothingHeld(url);
    expect(upstream.requests).toHaveLength(1);
    expect((await gateway.budgets.spentNano({ account: `key:${keyId}`, period: "all" })) ?? 0).toBe(0);
  });

  test("a deployment that refuses everything is soon not asked twice any more, until it answers again", async () => {
    await start();
    upstream.script = full();
    for (let count = 0; count < 20; count += 1) await ask();
    const before = upstream.requests.length;
    // Ten refusals: five requests of two each, then one each.
    expect(before).toBe(25);
    play(...Array.from({ length: 20 }, () => ANSWER), full(), ANSWER);
    for (let count = 0; count < 20; count += 1) expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(upstream.requests).toHaveLength(before + 22);
  });

  describe("with another deployment", () => {
    let other: FakeAnthropic;
    beforeEach(async () => {
      other = await FakeAnthropic.start();
    });
    afterEach(() => other.stop());
    const others = () => [anthropicDeployment({ id: `${MODEL}/1`, baseUrl: other.url })];

    test("that one is asked at once, and none again", async () => {
      await start({ others: others() });
      upstream.script = full();
      expect((await ask()).headers.get("x-litellm-model-id")).toBe(`${MODEL}/1`);
      expect([upstream.requests.length, other.requests.length]).toEqual([1, 1]);
    });

    test("the last one that had no room is asked again when all have failed", async () => {
      await start({ others: others() });
      play(full(), ANSWER);
      other.script = failWith(401, "authentication_error", "");
      expect((await ask()).headers.get("x-litellm-model-id")).toBe(`${MODEL}/0`);
      expect([upstream.requests.length, other.requests.length]).toEqual([2, 1]);
    });

    test("one that is cooling down for longer is not", async () => {
      await start({ others: others() });
      upstream.script = full({}, 429);
      other.script = failWith(401, "authentication_error", "");
      expect((await ask()).status).toBe(429);
      expect([upstream.requests.length, other.requests.length]).toEqual([1, 1]);
    });
  });

  test("a provider that refuses 30 % of all requests has 9 % of its clients fail, not 30 %", async () => {
    await start();
    const random = new Random(11);
    const requests = 300;
    const refuses = Array.from({ length: requests * 2 }, () => random.next() < 0.3);
    play(...refuses.map((isRefused) => (isRefused ? full() : ANSWER)));
    // Two refusals in a row are a failure.
    let expected = 0;
    for (let count = 0, turn = 0; count < requests; count += 1) {
      const isFailure = refuses[turn] === true && refuses[turn + 1] === true;
      if (isFailure) expected += 1;
      turn += refuses[turn] === true ? 2 : 1;
    }
    let failed = 0;
    for (let count = 0; count < requests; count += 1) if ((await ask()).status !== 200) failed += 1;
    expect(failed).toBe(expected);
    expect(failed / requests).toBeLessThan(0.12);
  });
});

describe("retry throttle", () => {
  test("a deployment that refuses most of what it gets is not asked again until it answers", () => {
    const throttle = new RetryThrottle();
    for (let count = 0; count < 9; count += 1) throttle.refused();
    expect(throttle.mayRetry).toBe(true);
    throttle.refused();
    expect(throttle.mayRetry).toBe(false);
    throttle.answered();
    expect(throttle.mayRetry).toBe(true);
  });

  test("neither a long outage nor a long calm counts for ever", () => {
    const throttle = new RetryThrottle();
    for (let count = 0; count < 1000; count += 1) throttle.refused();
    for (let count = 0; count < 11; count += 1) throttle.answered();
    expect(throttle.mayRetry).toBe(true);
    for (let count = 0; count < 1000; count += 1) throttle.answered();
    for (let count = 0; count < 10; count += 1) throttle.refused();
    expect(throttle.mayRetry).toBe(false);
  });
});

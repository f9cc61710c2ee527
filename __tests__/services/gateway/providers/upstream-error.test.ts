import {
  toReportedError,
  toStreamFailure,
  toUpstreamError,
} from "../../../../services/gateway/providers/upstream-error";
import { MessageProgress, reduceProgress } from "../../../../services/gateway/wire/internal/progress";
import { failWith, type Script } from "../../../support/services/fake-anthropic";
import { useLiveGateway } from "../../../support/services/live-gateway";
import { BROKEN_STREAMS, start, toMessageEvents } from "../../../support/services/message-streams";
import { buildTestGateway } from "../../../support/services/test-gateway";
import { ask, errorShape, WIRE_APIS } from "../../../support/services/wire-apis";

describe("upstream error", () => {
  test.each([
    [400, "bad field", 400, "invalid_request_error", "400"],
    [
      400,
      "prompt is too long: 2 tokens > 1 maximum",
      400,
      "invalid_request_error",
      "context_length_exceeded",
    ],
    [
      400,
      "input length and `max_tokens` exceed context limit",
      400,
      "invalid_request_error",
      "context_length_exceeded",
    ],
    [400, "Input is too long for requested model.", 400, "invalid_request_error", "context_length_exceeded"],
    [
      400,
      "You have reached your specified workspace API usage limits",
      503,
      "insufficient_quota",
      "upstream_account",
    ],
    [400, "on-demand throughput isn’t supported", 502, "upstream_error", "deployment_misconfigured"],
    [400, "The provided model identifier is invalid.", 502, "upstream_error", "deployment_misconfigured"],
    [401, "key", 502, "upstream_error", "upstream_auth"],
    [402, "pay", 503, "insufficient_quota", "upstream_account"],
    [403, "no", 502, "upstream_error", "upstream_permission"],
    [404, "gone", 502, "upstream_error", "upstream_not_found"],
    [408, "slow", 504, "timeout", "upstream_timeout"],
    [409, "conflict", 409, "invalid_request_error", "409"],
    [413, "big", 400, "invalid_request_error", "request_too_large"],
    [418, "teapot", 502, "upstream_error", "upstream_error"],
    [422, "bad", 400, "invalid_request_error", "400"],
    [424, "model", 502, "upstream_error", "upstream_error"],
    [429, "fast", 429, "rate_limit_error", "rate_limit_exceeded"],
    [500, "x", 503, "server_error", "overloaded"],
    [504, "x", 504, "timeout", "upstream_timeout"],
    [529, "x", 503, "server_error", "overloaded"],
  ])("%i %s → %i %s %s", (status, message, expected, type, code) => {
    expect(toUpstreamError({ status, message })).toMatchObject({ status: expected, type, code });
  });

  test.each([
    [400, "organization_on_hold"],
    [400, "claude_code_disabled"],
    [403, "cmek_key_revoked"],
    [429, "enforced_spend_limit_reached"],
    [429, "contract_spend_limit_reached"],
  ])("%i with the code %s is a trouble of the account", (status, errorCode) => {
    expect(toUpstreamError({ status, message: "acme", errorCode })).toMatchObject({
      status: 503,
      type: "insufficient_quota",
      code: "upstream_account",
    });
  });

  test("a code that says no more than the status changes nothing", () => {
    expect(toUpstreamError({ status: 429, message: "x", errorCode: "ramp_limit_exceeded" })).toMatchObject({
      status: 429,
      code: "rate_limit_exceeded",
    });
  });

  test.each([401, 402, 403, 404, 413, 429, 500])("the text of %i stays with the gateway", (status) => {
    expect(toUpstreamError({ status, message: "account acme-secret" }).message).not.toContain("acme");
  });

  test("a text that is passed on is bounded", () => {
    expect(toUpstreamError({ status: 400, message: "x".repeat(5000) }).message).toHaveLength(1000);
  });

  test("says when to try again, if that is known", () => {
    expect(toUpstreamError({ status: 429, message: "x" }, 7).retryAfterSeconds).toBe(7);
    expect(toUpstreamError({ status: 429, message: "x" }).retryAfterSeconds).toBeUndefined();
  });
});

describe("stream failure", () => {
  const failWith = (error: object) =>
    toStreamFailure(
      toMessageEvents([start(), { type: "error", error }]).reduce(reduceProgress, new MessageProgress()),
    );

  test.each([
    ["invalid_request_error", 400, "400"],
    ["authentication_error", 502, "upstream_auth"],
    ["billing_error", 503, "upstream_account"],
    ["permission_error", 502, "upstream_permission"],
    ["not_found_error", 502, "upstream_not_found"],
    ["conflict_error", 409, "409"],
    ["request_too_large", 400, "request_too_large"],
    ["rate_limit_error", 429, "rate_limit_exceeded"],
    ["timeout_error", 504, "upstream_timeout"],
    ["overloaded_error", 503, "overloaded"],
    ["api_error", 503, "overloaded"],
    ["brand_new_error", 503, "overloaded"],
    ["constructor", 503, "overloaded"],
  ])("%s → %i %s", (type, status, code) => {
    expect(failWith({ type, message: "x" })).toMatchObject({ status, code });
  });

  test("the provider's code counts", () => {
    const details = { error_code: "organization_on_hold" };
    expect(failWith({ type: "api_error", message: "x", details }).code).toBe("upstream_account");
  });

  test("an answer that was cut off is a failure of the provider", () => {
    const progress = toMessageEvents(BROKEN_STREAMS["cut off"]).reduce(reduceProgress, new MessageProgress());
    expect(toStreamFailure(progress)).toMatchObject({ status: 503, code: "overloaded" });
    expect(progress.phase).toBe("failed");
  });
});

describe("read error", () => {
  jest.mock("undici/lib/util/timers.js", () => jest.requireActual("../../../support/services/exact-timers"));

  const live = useLiveGateway({
    timeouts: { firstByteMs: 1000, idleMs: 300 },
    routing: { maxAttempts: 1 },
  });

  describe.each(WIRE_APIS)("$name", (api) => {
    const statusOf = (status: number, code: string) =>
      api.isAnthropic && status === 503 && code === "overloaded" ? 529 : status;

    test.each([
      [400, "invalid_request_error", "max_tokens: wrong", 400, "400", false],
      [400, "invalid_request_error", "prompt is too long: 1", 400, "context_length_exceeded", false],
      [401, "authentication_error", "invalid x-api-key", 502, "upstream_auth", false],
      [403, "permission_error", "no", 502, "upstream_permission", false],
      [404, "not_found_error", "model: gone", 502, "upstream_not_found", false],
      [429, "rate_limit_error", "slow", 429, "rate_limit_exceeded", false],
      // Its model may have read the prompt by then.
      [500, "api_error", "boom", 503, "overloaded", true],
      [529, "overloaded_error", "busy", 503, "overloaded", false],
    ])(
      "a provider's %i %s becomes the caller's error, JSON and stream",
      async (status, type, message, expected, code, isBilled) => {
        live.upstream.script = failWith(status, type, message, { "retry-after": "7" });
        for (const stream of [false, true]) {
          const response = await ask(live.url, api.path, api.body({ stream }));
          const text = await response.text();
          if (code !== "400") expect(text).toContain(`"${code}"`);
          // See `relay-failure`.
          if (api.name === "responses" && stream && code === "context_length_exceeded") continue;
          expect(response.status).toBe(statusOf(expected, code));
          expect(JSON.parse(text)).toEqual(errorShape(api, expect.any(String)));
          if (expected === 429) expect(response.headers.get("retry-after")).toBe("7");
        }
        expect(live.rows().map(({ costNanoUsd }) => (costNanoUsd ?? 0) > 0)).toEqual([isBilled, isBilled]);
      },
    );

    test.each<[string, Script, number]>([
      [
        "sends a web page",
        (response) => {
          response.writeHead(200, { "content-type": "text/html" });
          response.end("<h1>hello</h1>");
        },
        502,
      ],
      ["never answers", () => {}, 504],
      ["closes at once", (response) => void response.destroy(), 502],
      [
        "refuses without an end",
        (response) => {
          response.writeHead(400, { "content-type": "application/json" });
          response.write(Buffer.alloc(100 * 1024, "x"));
        },
        400,
      ],
    ])("a provider that %s", async (_name, script, status) => {
      live.upstream.script = script;
      for (const stream of [true, false]) {
        const response = await ask(live.url, api.path, api.body({ stream }));
        expect(response.status).toBe(status);
        expect(await response.json()).toEqual(errorShape(api, expect.any(String)));
      }
      expect(live.rows()).toMatchObject([{ status }, { status }]);
    });
  });

  test("an unreachable provider is 502", async () => {
    const alone = buildTestGateway();
    const api = WIRE_APIS[0];
    if (api === undefined) throw new Error("no API");
    const response = await ask(await alone.listen(), api.path, api.body());
    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({ error: { code: "upstream_unreachable" } });
    await alone.close();
  });

  test.each<[string | string[] | undefined, number | undefined]>([
    ["7", 7],
    ["0.2", 1],
    [["3", "9"], 3],
    ["0", 0],
    [undefined, undefined],
    ["", undefined],
    ["Infinity", undefined],
    ["1e9", undefined],
    ["-5", undefined],
    ["Wed, 21 Oct 2026 07:28:00 GMT", undefined],
  ])("retry-after of %j is %s seconds", (header, seconds) => {
    const reported = { status: 429, message: "slow" };
    expect(toReportedError(reported, { "retry-after": header }).retryAfterSeconds).toBe(seconds);
  });
});

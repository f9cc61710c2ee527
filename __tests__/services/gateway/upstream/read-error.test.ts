import { toReportedError } from "../../../../services/gateway/upstream/read-error";
import { failWith, type Script } from "../../../support/services/fake-anthropic";
import { useLiveGateway } from "../../../support/services/live-gateway";
import { buildTestGateway } from "../../../support/services/test-gateway";
import { ask, errorShape, WIRE_APIS } from "../../../support/services/wire-apis";

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

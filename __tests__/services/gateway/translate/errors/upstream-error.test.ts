import { toUpstreamError } from "../../../../../services/gateway/translate/errors/upstream-error";

test.each([
  [400, "bad field", 400, "invalid_request_error", "400"],
  [400, "prompt is too long: 2 tokens > 1 maximum", 400, "invalid_request_error", "context_length_exceeded"],
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

import {
  translateStreamFailure,
  translateUpstreamError,
} from "../../../../../services/gateway/translate/openai-to-anthropic/upstream-error";

test.each([
  [400, "bad field", 400, "400"],
  [400, "input length and `max_tokens` exceed context limit", 400, "context_length_exceeded"],
  [400, "You have reached your specified workspace API usage limits", 503, "upstream_account"],
  [401, "key", 502, "upstream_auth"],
  [402, "pay", 503, "upstream_account"],
  [403, "no", 502, "upstream_permission"],
  [404, "gone", 502, "upstream_not_found"],
  [408, "slow", 504, "upstream_timeout"],
  [409, "conflict", 409, "409"],
  [413, "big", 400, "request_too_large"],
  [418, "teapot", 502, "upstream_error"],
  [422, "bad", 400, "422"],
  [429, "fast", 429, "rate_limit_exceeded"],
  [500, "x", 503, "overloaded"],
  [504, "x", 504, "upstream_timeout"],
  [529, "x", 503, "overloaded"],
])("%i %s → %i %s", (status, message, expected, code) => {
  expect(translateUpstreamError(status, message)).toMatchObject({
    status: expected,
    code: status === 422 ? "400" : code,
  });
});

test.each([401, 402, 403, 404, 429, 500])("the text of %i stays with the gateway", (status) => {
  expect(translateUpstreamError(status, "account acme-secret").message).not.toContain("acme");
});

test("a text that is passed on is bounded", () => {
  expect(translateUpstreamError(400, "x".repeat(5000)).message).toHaveLength(1000);
});

test("a type nobody knows is a failure of the provider", () => {
  expect(translateStreamFailure("brand_new_error", "x")).toMatchObject({ status: 503 });
  expect(translateStreamFailure("authentication_error", "x")).toMatchObject({
    status: 502,
    code: "upstream_auth",
  });
});

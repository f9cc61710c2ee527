import {
  allCoolingDown,
  auditUnavailable,
  budgetExceeded,
  GatewayError,
  internalError,
  invalidRequest,
  overloaded,
  rateLimited,
  shuttingDown,
  unknownKey,
} from "../../../../../services/gateway/errors";
import {
  toMessagesError,
  toMessagesStatus,
} from "../../../../../services/gateway/translate/messages/error-body";

test.each([
  [400, 400, "invalid_request_error"],
  [401, 401, "authentication_error"],
  [402, 402, "billing_error"],
  [403, 403, "permission_error"],
  [404, 404, "not_found_error"],
  [405, 405, "invalid_request_error"],
  [409, 409, "conflict_error"],
  [413, 413, "request_too_large"],
  [415, 415, "invalid_request_error"],
  [422, 422, "invalid_request_error"],
  [429, 429, "rate_limit_error"],
  [499, 499, "api_error"],
  [500, 500, "api_error"],
  [502, 502, "api_error"],
  [503, 503, "api_error"],
  [504, 504, "timeout_error"],
])("status %i is answered with %i %s", (status, expected, type) => {
  const error = new GatewayError(status, "x", "Text.");
  expect(toMessagesStatus(error)).toBe(expected);
  expect(toMessagesError(error, "r1")).toEqual({
    type: "error",
    error: { type, message: "Text." },
    request_id: "r1",
  });
});

test.each([
  ["the provider is overloaded", new GatewayError(503, "server_error", "", { code: "overloaded" }), 529],
  ["the gateway is overloaded", overloaded("streams"), 529],
  ["all deployments are cooling down", allCoolingDown(false, 5), 529],
  ["nothing can be recorded", auditUnavailable(), 503],
  ["the gateway is closing", shuttingDown(), 503],
])("%s: %#", (_name, error, status) => {
  expect(toMessagesStatus(error)).toBe(status);
  expect(toMessagesError(error, "r1").error.type).toBe(status === 529 ? "overloaded_error" : "api_error");
});

test("a request that the provider finds too large is 413, as in Anthropic's API", () => {
  const error = new GatewayError(400, "invalid_request_error", "Too large.", { code: "request_too_large" });
  expect(toMessagesStatus(error)).toBe(413);
  expect(toMessagesError(error, "r1").error.type).toBe("request_too_large");
});

test("says more than the type where there is more to say", () => {
  expect(toMessagesError(invalidRequest("Wrong.", "messages"), "r1").error).toEqual({
    type: "invalid_request_error",
    message: "Wrong.",
    details: { param: "messages" },
  });
  const endsAt = new Date("2026-12-01T00:00:00Z");
  const spent = budgetExceeded({ scope: "key", limitNano: 2e9, spentNano: 1e9, neededNano: 3e9, endsAt });
  expect(toMessagesError(spent, "r1").error).toMatchObject({
    type: "billing_error",
    message: expect.stringContaining("Budget has been exceeded!"),
    details: { scope: "key", limit: 2, spent: 1, resets_at: "2026-12-01T00:00:00.000Z" },
  });
  expect(toMessagesError(unknownKey("sk-...x"), "r1").error.details).toEqual({ param: "key" });
  const limit = {
    kind: "requests",
    subject: "api_key: h",
    limit: 1,
    retryAfterSeconds: 1,
    resetsAt: endsAt,
  } as const;
  expect(toMessagesError(rateLimited(limit), "r1").error.type).toBe("rate_limit_error");
  expect(toMessagesError(internalError("r1"), "r1").error.type).toBe("api_error");
});

import { GatewayError } from "../../../../services/gateway/errors";
import { judgeFailure } from "../../../../services/gateway/routing/judge-failure";
import { toUpstreamError } from "../../../../services/gateway/translate/errors/upstream-error";

test.each([
  [400, "max_tokens: wrong", undefined],
  [400, "prompt is too long: 1", undefined],
  [413, "", undefined],
  [409, "", undefined],
  [400, "You have reached your specified API usage limits", "misconfigured"],
  [400, "Invocation with on-demand throughput isn’t supported", "misconfigured"],
  [400, "The provided model identifier is invalid.", "misconfigured"],
  [401, "", "misconfigured"],
  [402, "", "misconfigured"],
  [403, "", "misconfigured"],
  [404, "", "misconfigured"],
  [408, "", "failing"],
  [429, "", "rate-limit"],
  [500, "", "failing"],
  [502, "", "failing"],
  [503, "", "failing"],
  [504, "", "failing"],
  [529, "", "failing"],
  [302, "", "failing"],
])("a provider's %i %s: %s", (status, text, blame) => {
  const error = toUpstreamError({ status, message: text });
  expect(judgeFailure(error)).toBe(blame);
  // The caller's own key has nothing to do with it.
  expect([401, 403]).not.toContain(error.status);
});

test("a client that left is nobody's fault", () => {
  expect(judgeFailure(new GatewayError(499, "client_closed", ""))).toBeUndefined();
});

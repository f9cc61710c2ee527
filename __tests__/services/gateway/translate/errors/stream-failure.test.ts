import { MessageProgress, reduceProgress } from "../../../../../services/gateway/messages/progress";
import { toStreamFailure } from "../../../../../services/gateway/translate/errors/stream-failure";
import { BROKEN_STREAMS, start, toMessageEvents } from "../../../../support/services/message-streams";

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

import {
  enforcementViolated,
  levelUnknown,
  notWhenEnforced,
  promptUnavailable,
  threadUnsupported,
} from "../../../../services/gateway/enforcement/errors";

it.each([
  [
    promptUnavailable("standard"),
    503,
    "enforcement_unavailable",
    null,
    /enforcement level standard are not available/,
  ],
  [
    levelUnknown("strict", ["a", "b"]),
    503,
    "enforcement_unavailable",
    null,
    /is "strict", .*Known levels: a, b\./,
  ],
  [levelUnknown("x".repeat(99), ["a"]), 503, "enforcement_unavailable", null, /is "x{64}",/],
  [levelUnknown(["standard"], ["a"]), 503, "enforcement_unavailable", null, /is of kind list,/],
  [notWhenEnforced("container", "no"), 400, "enforcement_refused", "container", /^container: no$/],
  [threadUnsupported(), 400, "thread_unsupported_request", "thread", /^thread: .*send all messages$/],
  [enforcementViolated("why"), 500, "enforcement_violated", null, /^The request was not sent: why\.$/],
])("case %#", (error, status, code, param, message) => {
  expect(error).toMatchObject({ status, code, param });
  expect(error.message).toMatch(message);
});

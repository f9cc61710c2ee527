import {
  contentBlocked,
  enforcementViolated,
  levelUnknown,
  notWhenEnforced,
  promptUnavailable,
  threadUnsupported,
} from "../../../../services/gateway/errors/catalogue";

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

describe("contentBlocked", () => {
  it("says what and where", () =>
    expect(
      contentBlocked(
        [
          { patternId: "jwt", path: "messages.0.content", count: 2 },
          { patternId: "iban", path: "system.0.text", count: 1 },
        ],
        ["iban", "jwt"],
      ),
    ).toMatchObject({
      status: 400,
      code: "content_blocked",
      param: "messages.0.content",
      message:
        "The request was blocked: it contains what this key may not send (iban, jwt), at messages.0.content, system.0.text. Remove it and try again.",
      fields: {
        findings: [
          { pattern: "jwt", path: "messages.0.content", count: 2 },
          { pattern: "iban", path: "system.0.text", count: 1 },
        ],
      },
    }));

  it("lists a few of many", () => {
    const many = [...Array(100).keys()].map((index) => ({
      patternId: "jwt",
      path: `messages.${index}`,
      count: 1,
    }));
    const { message, fields } = contentBlocked(many, ["jwt"]);
    expect(message).toContain(
      "at messages.0, messages.1, messages.2, messages.3, messages.4 and 95 other places.",
    );
    expect(fields["findings"]).toHaveLength(20);
  });
});

import { contentBlocked } from "../../../../services/gateway/guardrails/errors";

describe("contentBlocked", () => {
  it("says what and where", () =>
    expect(
      contentBlocked([
        { patternId: "jwt", path: "messages.0.content", count: 2 },
        { patternId: "iban", path: "system.0.text", count: 1 },
      ]),
    ).toMatchObject({
      status: 400,
      code: "content_blocked",
      param: "messages.0.content",
      message:
        "The request was not sent: it holds what this key may not send (iban, jwt), at messages.0.content, system.0.text. Take it out and try again.",
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
    const { message, fields } = contentBlocked(many);
    expect(message).toContain(
      "at messages.0, messages.1, messages.2, messages.3, messages.4 and 95 other places.",
    );
    expect(fields["findings"]).toHaveLength(20);
  });
});

import { DEFAULT_PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import { MAX_FINDINGS, screen } from "../../../../services/gateway/guardrails/screen";

const KEY = "AKIA" + "QWERTYUIOP234567";
const request = (...texts: string[]) => ({
  model: "m",
  max_tokens: 1,
  messages: texts.map((content) => ({ role: "user", content })),
});

describe("screen", () => {
  it("says what it found, where and how often", () =>
    expect(screen(request("clean", `${KEY} ${KEY}`, "4111 1111 1111 1111"), DEFAULT_PATTERNS)).toEqual([
      { patternId: "aws-access-key-id", path: "messages.1.content", count: 2 },
      { patternId: "credit-card", path: "messages.2.content", count: 1 },
    ]));

  it("finds nothing in a clean request", () =>
    expect(screen(request("clean"), DEFAULT_PATTERNS)).toEqual([]));

  it("lists no more findings than are of use", () =>
    expect(screen(request(...Array(150).fill(KEY)), DEFAULT_PATTERNS)).toHaveLength(MAX_FINDINGS));
});

import { mask } from "../../../../services/gateway/guardrails/mask";
import { DEFAULT_PATTERNS, PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import { RawText, type Text } from "../../../../services/gateway/json/json-value";
import { toByteText } from "../../../../services/gateway/json/text";
import { EXAMPLES } from "../../../support/pattern-examples";

const KEY = "AKIA" + "QWERTYUIOP234567";
const request = (content: Text) => ({ model: "m", max_tokens: 1, messages: [{ role: "user", content }] });
const masked = (content: Text, patterns = DEFAULT_PATTERNS) =>
  mask(request(content), patterns).request.messages[0]?.content;

describe("mask", () => {
  it("puts the pattern's name in the place of each match", () =>
    expect(masked(`a ${KEY}, b 4111 1111 1111 1111.`)).toBe("a [aws-access-key-id], b [credit-card]."));

  it("gives the same request and no findings when there is nothing", () => {
    const clean = request("clean");
    expect(mask(clean, DEFAULT_PATTERNS)).toEqual({ request: clean, findings: [] });
    expect(mask(clean, DEFAULT_PATTERNS).request).toBe(clean);
  });

  it("keeps every other byte of a text that is still escaped", () => {
    const around = `${toByteText("ä→😀")}\\/ \\u0041\\ud83d\\ude00 \\" `;
    expect(masked(RawText.of(`${around}\\u0041${KEY.slice(1)}${around}${KEY}`))).toEqual(
      RawText.of(`${around}[aws-access-key-id]${around}[aws-access-key-id]`),
    );
  });

  it.each(Object.entries(EXAMPLES))("masks %s once and for all", (_id, { positive }) => {
    for (const { text, found = text } of positive) {
      const once = masked(`see ${text} and ${text}`, PATTERNS) as string;
      expect(once).not.toContain(found);
      expect(masked(once, PATTERNS)).toBe(once);
    }
  });

  it("masks everything, however little it lists", () => {
    const many = request(Array(500).fill(KEY).join(" "));
    const { request: after, findings } = mask(many, DEFAULT_PATTERNS);
    expect(after.messages[0]?.content).toBe(Array(500).fill("[aws-access-key-id]").join(" "));
    expect(findings).toEqual([{ patternId: "aws-access-key-id", path: "messages.0.content", count: 500 }]);
  });
});

import {
  cutAtMost,
  decodePiece,
  toEscapedOffsets,
} from "../../../../services/gateway/guardrails/escaped-text";
import { toByteText } from "../../../../services/gateway/json/text";

/** Every kind of escape and of character. */
const ESCAPED = `a${toByteText("ä→😀")}\\n\\\\\\"\\u00e4\\ud83d\\ude00\\\\\\\\u0041\\/z`;
const DECODED = 'aä→😀\n\\"ä😀\\\\u0041/z';

describe("decodePiece", () => {
  it("decodes what was written", () => expect(decodePiece(ESCAPED, 0, ESCAPED.length)).toBe(DECODED));
});

describe("cutAtMost", () => {
  it("finds places where the pieces make the whole, wherever it is asked to cut", () => {
    for (let wanted = 0; wanted <= ESCAPED.length; wanted++) {
      const cut = cutAtMost(ESCAPED, 0, wanted);
      expect(cut).toBeLessThanOrEqual(wanted);
      expect(wanted - cut).toBeLessThan(6);
      expect(decodePiece(ESCAPED, 0, cut) + decodePiece(ESCAPED, cut, ESCAPED.length)).toBe(DECODED);
    }
  });

  it("gives the end for what lies behind it", () => expect(cutAtMost("abc", 0, 10)).toBe(3));
});

describe("toEscapedOffsets", () => {
  it("finds every place of the decoded text again", () => {
    for (let offset = 0; offset <= DECODED.length; offset++) {
      // Half of a character of four bytes has no place of its own.
      if (/^[\udc00-\udfff]/.test(DECODED.slice(offset))) continue;
      const [at] = toEscapedOffsets(ESCAPED, [offset]) as [number];
      expect(decodePiece(ESCAPED, 0, at)).toBe(DECODED.slice(0, offset));
    }
  });

  it("takes several at once", () =>
    expect(toEscapedOffsets("\\n\\u0041b", [0, 1, 2, 3])).toEqual([0, 2, 8, 9]));
});

import { findInText } from "../../../../services/gateway/guardrails/find-in-text";
import { DEFAULT_PATTERNS } from "../../../../services/gateway/guardrails/patterns";
import { RawText } from "../../../../services/gateway/json/json-value";
import { toByteText } from "../../../../services/gateway/json/text";
import { EXAMPLES } from "../../../support/pattern-examples";

const rawOf = (text: string) => RawText.of(toByteText(JSON.stringify(text).slice(1, -1)));
/** Everything that can be found, with filling between; the whole is longer than several windows. */
const FILLING = 'const größe → "x" \\ \n '.repeat(150);
const TEXT = Object.values(EXAMPLES)
  .flatMap(({ positive }) => positive.map(({ text }) => `${text}\n${FILLING}`))
  .join("");

describe("findInText", () => {
  const whole = findInText(TEXT, DEFAULT_PATTERNS);

  it("finds all there is", () => expect(whole.length).toBeGreaterThan(40));

  it("finds the same in a text that is still escaped", () =>
    expect(findInText(rawOf(TEXT), DEFAULT_PATTERNS)).toEqual(whole));

  it.each([1009, 4099, 16_384, 40_009, 131_071])("finds the same in pieces of %d", (pieceLength) =>
    expect(findInText(rawOf(TEXT), DEFAULT_PATTERNS, pieceLength)).toEqual(whole),
  );

  it.each([...Array(50).keys()])("misses nothing at a cut, %d characters further on", (shift) => {
    const text = "-".repeat(20_000 + shift * 7);
    const key = "AKIA" + "QWERTYUIOP234567";
    expect(findInText(rawOf(`${text} ${key} ${text}`), DEFAULT_PATTERNS, 20_100)).toEqual([
      { patternId: "aws-access-key-id", start: text.length + 1, end: text.length + 21 },
    ]);
  });

  it("reads what is hidden behind escapes", () =>
    expect(findInText(RawText.of(`\\u0041KIA${"QWERTYUIOP234567"}`), DEFAULT_PATTERNS)).toEqual([
      { patternId: "aws-access-key-id", start: 0, end: 20 },
    ]));
});

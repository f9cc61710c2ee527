import {
  ByteTextBuilder,
  escapeText,
  toByteJson,
  unescapeText,
} from "../../../../../services/gateway/wire/internal/byte-text";

describe("byte text", () => {
  test("has one character for each byte", () => {
    expect(toByteJson({ a: "ü" })).toBe('{"a":"\u00c3\u00bc"}');
    expect(escapeText('ü "\n')).toBe('\u00c3\u00bc \\"\\n');
  });

  test.each(["", "a", 'ü 漢 🙂 "\\\n\u0001', "\ud83d"])("%j comes back", (text) => {
    expect(unescapeText(escapeText(text))).toBe(text);
  });

  test("what is not escaped properly is an error", () => {
    expect(() => unescapeText("\\x")).toThrow(SyntaxError);
  });

  test("many pieces become one text", () => {
    const builder = new ByteTextBuilder();
    const pieces = Array.from({ length: 500 }, (_unused, index) => `${index} piece ü `);
    for (const piece of pieces) builder.add(piece);
    expect(builder.toString()).toBe(pieces.join(""));
    expect(builder).toHaveLength(pieces.join("").length);
  });
});

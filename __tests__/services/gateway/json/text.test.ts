import { RawNumber, RawText } from "../../../../services/gateway/json/json-value";
import {
  byteLengthOf,
  isBlankText,
  isText,
  textOf,
  toByteText,
} from "../../../../services/gateway/json/text";

describe("isText", () => {
  it.each([
    ["text", true],
    ["", true],
    [RawText.of("a\\n"), true],
    [1, false],
    [new RawNumber("1.0"), false],
    [null, false],
    [undefined, false],
    [[], false],
    [{}, false],
  ])("%p", (value, expected) => {
    expect(isText(value)).toBe(expected);
  });
});

describe("textOf", () => {
  it.each([
    ["as it is", "text \\n", "text \\n"],
    ["escapes", RawText.of('a\\n\\"\\u00e9'), 'a\n"é'],
    ["bytes of UTF-8", RawText.of("wei\xc3\x9f"), "weiß"],
    ["half of a pair", RawText.of("\\ud83d"), "\ud83d"],
  ])("%s", (_name, text, expected) => {
    expect(textOf(text)).toBe(expected);
  });
});

describe("isBlankText", () => {
  it.each([
    ["", true],
    [" \n\u00a0", true],
    [" x ", false],
    [RawText.of(""), true],
    [RawText.of(" \\n\\t\\r\\f "), true],
    [RawText.of("\\u0020\\u00a0"), true],
    [RawText.of("\xc2\xa0\xe3\x80\x80"), true],
    [RawText.of(" \\n\xc3\x9f"), false],
    [RawText.of(" \\u0041"), false],
    [RawText.of("\\n\\\\"), false],
    [RawText.of("\\b"), false],
    [RawText.of(`${" ".repeat(100_000)}x`), false],
    [RawText.of(" ".repeat(100_000)), true],
  ])("case %#", (text, expected) => {
    expect(isBlankText(text)).toBe(expected);
  });
});

test("byteLengthOf counts bytes, escapes as they are", () => {
  expect(byteLengthOf("weiß")).toBe(5);
  expect(byteLengthOf(RawText.of("wei\xc3\x9f\\n"))).toBe(7);
});

test("toByteText has one character for each byte", () => {
  expect(toByteText("plain")).toBe("plain");
  expect(toByteText("weiß €")).toBe("wei\xc3\x9f \xe2\x82\xac");
});

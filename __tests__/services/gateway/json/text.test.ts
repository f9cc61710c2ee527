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
    [new RawText("a\\n"), true],
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
    ["escapes", new RawText('a\\n\\"\\u00e9'), 'a\n"é'],
    ["bytes of UTF-8", new RawText("wei\xc3\x9f"), "weiß"],
    ["half of a pair", new RawText("\\ud83d"), "\ud83d"],
  ])("%s", (_name, text, expected) => {
    expect(textOf(text)).toBe(expected);
  });
});

describe("isBlankText", () => {
  it.each([
    ["", true],
    [" \n\u00a0", true],
    [" x ", false],
    [new RawText(""), true],
    [new RawText(" \\n\\t\\r\\f "), true],
    [new RawText("\\u0020\\u00a0"), true],
    [new RawText("\xc2\xa0\xe3\x80\x80"), true],
    [new RawText(" \\n\xc3\x9f"), false],
    [new RawText(" \\u0041"), false],
    [new RawText("\\n\\\\"), false],
    [new RawText("\\b"), false],
    [new RawText(`${" ".repeat(100_000)}x`), false],
    [new RawText(" ".repeat(100_000)), true],
  ])("case %#", (text, expected) => {
    expect(isBlankText(text)).toBe(expected);
  });
});

test("byteLengthOf counts bytes, escapes as they are", () => {
  expect(byteLengthOf("weiß")).toBe(5);
  expect(byteLengthOf(new RawText("wei\xc3\x9f\\n"))).toBe(7);
});

test("toByteText has one character for each byte", () => {
  expect(toByteText("plain")).toBe("plain");
  expect(toByteText("weiß €")).toBe("wei\xc3\x9f \xe2\x82\xac");
});

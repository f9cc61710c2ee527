import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  notSupported,
  numberIn,
  quote,
  requireList,
  requireObject,
  requireText,
  stringIn,
  TranslationError,
  textIn,
} from "../../../../services/gateway/json/client-value";
import { type JsonValue, RawNumber, RawText } from "../../../../services/gateway/json/json-value";

const LONG = RawText.of(String.raw`a long \"text\"`);
const PRECISE = new RawNumber("12345678901234567890");

const KINDS: [string, JsonValue | undefined][] = [
  ["missing", undefined],
  ["null", null],
  ["array", [1]],
  ["string", "short"],
  ["string", LONG],
  ["number", 5],
  ["number", PRECISE],
  ["boolean", false],
  ["object", { a: 1 }],
];

test.each(KINDS)("tells %s apart", (kind, value) => {
  expect(kindOf(value)).toBe(kind);
  expect(isObject(value)).toBe(kind === "object");
  expect(isList(value)).toBe(kind === "array");
  expect(isAbsent(value)).toBe(kind === "missing" || kind === "null");
  expect(stringIn(value) !== undefined).toBe(kind === "string");
  expect(textIn(value) !== undefined).toBe(kind === "string");
  expect(numberIn(value) !== undefined).toBe(kind === "number");
});

test("a long text is decoded by stringIn and left as it came by textIn", () => {
  expect(stringIn(LONG)).toBe('a long "text"');
  expect(textIn(LONG)).toBe(LONG);
});

test("a number of twenty digits is rounded where a number is wanted", () => {
  expect(numberIn(PRECISE)).toBe(12345678901234567000);
});

describe("what must be there", () => {
  it("is returned", () => {
    expect(requireObject({ a: 1 }, "p")).toEqual({ a: 1 });
    expect(requireList([1], "p")).toEqual([1]);
    expect(requireText("x", "p")).toBe("x");
    expect(requireText(LONG, "p")).toBe('a long "text"');
  });

  it.each<[() => unknown, string]>([
    [() => requireObject([], "messages.0"), "messages.0 must be an object, not array"],
    [() => requireList({}, "messages.0"), "messages.0 must be an array, not object"],
    [() => requireText(5, "messages.0"), "messages.0 must be a string, not number"],
    [() => requireText("", "messages.0"), "messages.0 must be a string, not empty"],
    [() => requireText(undefined, "messages.0"), "messages.0 must be a string, not missing"],
  ])("is refused with its path when it is something else", (read, message) => {
    expect(read).toThrow(new TranslationError("messages.0", message));
    expect(read).toThrow(expect.objectContaining({ param: "messages.0", name: "TranslationError" }));
  });
});

test("a feature that is not supported is refused with a remedy", () => {
  expect(notSupported("tools.0.type", "offer a function")).toMatchObject({
    param: "tools.0.type",
    message: "tools.0.type is not supported by this gateway; offer a function",
  });
});

test("a word of the client's is quoted short and printable", () => {
  expect(quote("a\nb")).toBe(String.raw`"a\nb"`);
  expect(quote("x".repeat(100))).toBe(`"${"x".repeat(64)}"`);
});

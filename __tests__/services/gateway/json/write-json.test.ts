import { type JsonValue, RawNumber, RawText } from "../../../../services/gateway/json/json-value";
import { writeJson, writeJsonBytes } from "../../../../services/gateway/json/write-json";

const decode = (byteText: string) => Buffer.from(byteText, "latin1").toString();

describe("plain values as JSON.stringify writes them", () => {
  it.each<[string, JsonValue]>([
    ["null", null],
    ["true", true],
    ["false", false],
    ["integer", 42],
    ["fraction", -0.25],
    ["large", 1e21],
    ["minus zero", -0],
    ["not a number", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["empty text", ""],
    ["text", "plain"],
    ["quotes and controls", 'a"b\\c\n\u0000\u007f'],
    ["all of ASCII", String.fromCharCode(...Array(128).keys())],
    ["wide", "weiß 日本 😀 \u2028"],
    ["half of a pair", "\ud83d"],
    ["long", "abc ".repeat(1000)],
    ["long, with escapes", 'say "é"\n'.repeat(1000)],
    ["empty list", []],
    ["empty object", {}],
    ["lists", [1, [2, []], "3"]],
    ["members left out", { a: undefined, b: 1, c: undefined }],
    ["only members left out", { a: undefined }],
    ["odd names", { 'a"b': 1, é: 2, "": 3, 10: 4 }],
    ["large", Array.from({ length: 5000 }, (_, index) => ({ index, text: `text ${index} ü` }))],
  ])("%s", (_name, value) => {
    expect(decode(writeJson(value))).toBe(JSON.stringify(value));
    expect(writeJsonBytes(value).toString()).toBe(JSON.stringify(value));
  });
});

test("what was passed on is written as it came", () => {
  const value = {
    text: RawText.of("\\/wei\xc3\x9f\\u00e9"),
    number: new RawNumber("1.0"),
    list: [new RawNumber("-0")],
  };
  expect(decode(writeJson(value))).toBe('{"text":"\\/weiß\\u00e9","number":1.0,"list":[-0]}');
});

test("a name from an untrusted body stays a name", () => {
  expect(writeJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
});

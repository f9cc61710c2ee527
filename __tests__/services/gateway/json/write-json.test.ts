import { type JsonValue, RawNumber, RawText } from "../../../../services/gateway/json/json-value";
import { ByteWriter, writeJson, writeJsonBytes } from "../../../../services/gateway/json/write-json";

describe("write json", () => {
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
});

describe("byte writer", () => {
  test("grows, gives what was written and is empty again", () => {
    const writer = new ByteWriter();
    for (let round = 0; round < 2; round++) {
      let expected = "";
      for (const length of [0, 1, 47, 48, 1000, 70_000, 200_000]) {
        writer.string(`${"x".repeat(length)}é\n`);
        writer.string("x".repeat(length));
        writer.raw("y".repeat(length));
        writer.byte(0x2c);
        expected += `"${"x".repeat(length)}\xc3\xa9\\n""${"x".repeat(length)}"${"y".repeat(length)},`;
      }
      expect(round === 0 ? writer.take() : writer.takeBytes().toString("latin1")).toBe(expected);
    }
    expect(writer.take()).toBe("");
  });

  test("gives bytes that later writing does not change", () => {
    const writer = new ByteWriter();
    writer.raw("abc");
    const bytes = writer.takeBytes();
    writer.raw("xyz");
    expect(bytes.toString()).toBe("abc");
  });

  test.each([
    ["more than was expected", 100_000, 300_000],
    ["less than half of it", 300_000, 100_000],
    ["about as much", 200_000, 190_000],
  ])("a large body: %s", (_name, expectedBytes, length) => {
    const writer = new ByteWriter();
    writer.begin(expectedBytes);
    writer.raw("x".repeat(length));
    const bytes = writer.takeBytes();
    writer.begin(expectedBytes);
    writer.raw("y".repeat(length));
    expect(bytes.toString()).toBe("x".repeat(length));
  });

  test("forgets what was written", () => {
    const writer = new ByteWriter();
    writer.raw("x".repeat(5_000_000));
    writer.begin();
    writer.raw("abc");
    expect(writer.take()).toBe("abc");
  });
});

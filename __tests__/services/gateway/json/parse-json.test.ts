import {
  type JsonValue,
  RawNumber,
  RawText,
  ValueAllowance,
} from "../../../../services/gateway/json/json-value";
import { NameCache, parseJson } from "../../../../services/gateway/json/parse-json";
import { writeJson } from "../../../../services/gateway/json/write-json";
import { type FuzzBody, mutateBodies } from "../../../support/mutate-bodies";

describe("parse json", () => {
  const parse = (text: string) => parseJson(Buffer.from(text));

  /** The value with all that was passed on decoded. */
  function decoded(value: JsonValue | undefined): unknown {
    if (value instanceof RawText) return JSON.parse(`"${Buffer.from(value.escaped, "latin1").toString()}"`);
    if (value instanceof RawNumber) return Number(value.text);
    if (Array.isArray(value)) return value.map(decoded);
    if (typeof value !== "object" || value === null) return value;
    const copy: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      Object.defineProperty(copy, name, { value: decoded(member), enumerable: true });
    }
    return copy;
  }

  describe("accepts", () => {
    it.each([
      "null",
      "true",
      "false",
      "0",
      "-1.5e3",
      '""',
      '"a"',
      "[]",
      "{}",
      " \t\r\n[ 1 , 2 ]\n",
      '{"a":{"b":[true,false,null]}}',
      '{"a":"\\u00e9\\n\\/"}',
      '{"é":"ß 日本 😀"}',
      `{"long":"${"weiß\\n".repeat(200)}"}`,
      '{"":1}',
      '{"2":1,"1":2}',
    ])("%s", (text) => {
      expect(decoded(parse(text))).toEqual(JSON.parse(text));
      expect(Buffer.from(writeJson(parse(text)), "latin1").toString()).toBe(
        /long|e3/.test(text) ? text : JSON.stringify(JSON.parse(text)),
      );
    });
  });

  describe("refuses", () => {
    it.each([
      ["", "expected a value at byte 0"],
      ["  ", "expected a value at byte 2"],
      ["\ufeff{}", "expected a value at byte 0"],
      ["{} {}", "expected the end of the body at byte 3"],
      ["{", "expected a name in quotes at byte 1"],
      ["{a:1}", "expected a name in quotes at byte 1"],
      ['{"a":1,}', "expected a name in quotes at byte 7"],
      ['{"a" 1}', "expected a colon at byte 5"],
      ['{"a":}', "expected a value at byte 5"],
      ['{"a":1 "b":2}', "expected a comma or the end of the object at byte 7"],
      ["[1,]", "expected a value at byte 3"],
      ["[1 2]", "expected a comma or the end of the list at byte 3"],
      ["[1}", "expected a comma or the end of the list at byte 2"],
      ["tru", "expected a value at byte 0"],
      ["truex", "expected the end of the body at byte 4"],
      ["NaN", "expected a value at byte 0"],
      ["'a'", "expected a value at byte 0"],
      ["\u00a01", "expected a value at byte 0"],
      ["\x001", "expected a value at byte 0"],
      ["1\x00", "expected the end of the body at byte 1"],
      ["[1\x00]", "expected a comma or the end of the list at byte 2"],
      ["/**/1", "expected a value at byte 0"],
      ["+1", "expected a value at byte 0"],
      ["01", "number with a leading zero at byte 0"],
      ['"\t"', "control character in a string at byte 1"],
    ])("%j", (text, message) => {
      expect(() => parse(text)).toThrow(new Error(message));
      expect(() => JSON.parse(text)).toThrow(SyntaxError);
    });

    it("what is not UTF-8", () => {
      for (const bytes of [
        [0x22, 0xff, 0x22],
        [0x22, 0xc0, 0xaf, 0x22],
        [0x22, 0xed, 0xa0, 0x80, 0x22],
      ]) {
        expect(() => parseJson(Buffer.from(bytes))).toThrow("not valid UTF-8 at byte 0");
      }
      expect(() => parseJson(Buffer.from('"a"', "utf16le"))).toThrow("control character");
    });

    it("nesting beyond the limit", () => {
      expect(parse(`${"[".repeat(128)}${"]".repeat(128)}`)).toBeDefined();
      expect(() => parse(`${"[".repeat(129)}${"]".repeat(129)}`)).toThrow(
        "nested deeper than 128 levels at byte 128",
      );
      expect(() => parse('{"a":'.repeat(200_000))).toThrow("nested deeper than 128 levels at byte 640");
      expect(parse(`[${"[[]],".repeat(500)}0]`)).toBeDefined();
    });

    it("more values than the limit", () => {
      expect(parse(`[${"0,".repeat(149_998)}0]`)).toHaveLength(149_999);
      expect(() => parse(`[${"0,".repeat(149_999)}0]`)).toThrow("more than 150000 values at byte 299999");
    });

    it("more values than are left of an allowance that several texts share", () => {
      const allowance = new ValueAllowance(5);
      expect(parseJson(Buffer.from("[1,2]"), allowance)).toEqual([1, 2]);
      expect([allowance.used, allowance.left, allowance.isExceeded]).toEqual([3, 2, false]);
      expect(() => parseJson(Buffer.from("[1,2,3,4,5]"), allowance)).toThrow("more than 2 values at byte 3");
      expect(allowance.isExceeded).toBe(true);
    });

    it("more outermost fields than the limit, repeated ones included", () => {
      const fields = (count: number, name: (index: number) => string) =>
        `{${Array.from({ length: count }, (_, index) => `"${name(index)}":0`).join(",")}}`;
      expect(Object.keys(parse(fields(1000, (index) => `k${index}`)) as object)).toHaveLength(1000);
      expect(() => parse(fields(1001, (index) => `k${index}`))).toThrow("more than 1000 fields");
      expect(() => parse(fields(1001, () => "k"))).toThrow("more than 1000 fields");
      expect(() => parse(`[${fields(1001, (index) => `k${index}`)}]`)).not.toThrow();
    });
  });

  describe("texts", () => {
    it("from 512 bytes on are passed on as they came", () => {
      expect(parse(`"${"x".repeat(511)}"`)).toBe("x".repeat(511));
      expect(parse(`"${"x".repeat(512)}"`)).toEqual(RawText.of("x".repeat(512)));
      expect(parse(`"${"\\n".repeat(256)}"`)).toEqual(RawText.of("\\n".repeat(256)));
      expect(parse(`"${"é".repeat(256)}"`)).toEqual(RawText.of("\xc3\xa9".repeat(256)));
    });

    it("that are names are always read", () => {
      const name = "n\\n".repeat(400);
      expect(Object.keys(parse(`{"${name}":1}`) as object)).toEqual(["n\n".repeat(400)]);
    });
  });

  describe("names", () => {
    it("that come twice: the last counts", () => {
      expect(parse('{"a":1,"b":2,"a":3}')).toEqual({ a: 3, b: 2 });
      expect(parse('{"\\u0061":1,"a":2}')).toEqual({ a: 2 });
    });

    it("do not reach a prototype", () => {
      const value = parse('{"__proto__":{"polluted":1},"constructor":2}') as Record<string, unknown>;
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
      expect("polluted" in value).toBe(false);
    });
  });

  describe("numbers", () => {
    it.each<[string, number | RawNumber]>([
      ["1", 1],
      ["-0.5", -0.5],
      ["0.1", 0.1],
      ["1e21", new RawNumber("1e21")],
      ["1.0", new RawNumber("1.0")],
      ["1e2", new RawNumber("1e2")],
      ["-0", new RawNumber("-0")],
      ["12345678901234567890", new RawNumber("12345678901234567890")],
      ["1e999", new RawNumber("1e999")],
    ])("%s keeps its spelling", (text, expected) => {
      expect(parse(`[[${text}]]`)).toEqual([[expected]]);
    });

    it.each<[string, number | RawNumber]>([
      ["1.0", 1],
      ["0.70", 0.7],
      ["1e2", 100],
      ["12345678901234567890", new RawNumber("12345678901234567890")],
      ["1e999", new RawNumber("1e999")],
    ])("%s as a parameter is a number if one can hold it", (text, expected) => {
      expect(parse(`{"temperature":${text}}`)).toEqual({ temperature: expected });
    });
  });

  describe("agrees with JSON.parse", () => {
    const outcome = (read: () => unknown): unknown => {
      try {
        return { value: read() };
      } catch (error) {
        return (error as Error).message.startsWith("nested deeper") ? "too deep" : "refused";
      }
    };
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

    /** Both verdicts, unlike only where this reader has limits of its own. */
    function compare({ bytes, seed }: FuzzBody): void {
      const expected = outcome(() => JSON.parse(strict.decode(bytes)));
      const actual = outcome(() => decoded(parseJson(bytes)));
      if (actual === "too deep") return;
      try {
        expect(actual).toEqual(expected);
        if (actual !== "refused") {
          const again = Buffer.from(writeJson(parseJson(bytes)), "latin1").toString();
          expect(JSON.parse(again)).toEqual((expected as { value: unknown }).value);
        }
      } catch (error) {
        throw new Error(`body ${seed}: ${JSON.stringify(bytes.toString("latin1"))}`, { cause: error });
      }
    }

    it("on mutated bodies", () => {
      const count = Number(process.env["FUZZ_BODIES"] ?? 5000);
      for (const body of mutateBodies(count, 1)) compare(body);
    });

    it("on a body cut off at every byte", () => {
      const body = Buffer.from(
        '{"model":"m","n":-1.5e+3,"messages":[{"role":"user","content":"w\\u00e9iß\\n"}],"t":true}',
      );
      for (let end = 0; end <= body.length; end++) compare({ bytes: body.subarray(0, end), seed: end });
    });
  });
});

describe("name cache", () => {
  function find(cache: NameCache, text: string): string {
    return cache.find(Buffer.from(text), 0, text.length);
  }

  test("gives the text, known or not, short or long", () => {
    const cache = new NameCache();
    const texts = Array.from({ length: 3000 }, (_, index) => `name${index % 700}`);
    texts.push("", "a", "x".repeat(24), "x".repeat(25), "y".repeat(500));
    expect(texts.map((text) => find(cache, text))).toEqual(texts);
  });

  test("texts that share a slot do not replace each other's answer", () => {
    const cache = new NameCache();
    // First, middle and last byte and the length are the same.
    for (const text of ["ab1cd2ef", "ax1yd2zf", "ab1cd2ef"]) expect(find(cache, text)).toBe(text);
  });
});

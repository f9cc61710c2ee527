import { StringScanner, scanNumber } from "../../../../services/gateway/json/scan";

describe("scan string", () => {
  /** Ends of the string in `body` that begins after the first quote, for every alignment of its bytes in memory. */
  function endsOf(body: string): Set<number | string> {
    const ends = new Set<number | string>();
    for (let shift = 0; shift < 8; shift++) {
      const bytes = Buffer.alloc(Buffer.byteLength(body) + shift).subarray(shift);
      bytes.write(body);
      try {
        ends.add(new StringScanner(bytes).scan(1));
      } catch (error) {
        ends.add((error as Error).message);
      }
    }
    return ends;
  }

  describe("end of a string", () => {
    it.each([
      ["empty", '""', 1],
      ["short", '"abc"', 4],
      ["after escaped quotes", '"a\\"b\\\\"', 7],
      ["all escapes", '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"', 23],
      ["bytes above 0x7f", '"é"', 3],
      ["long", `"${"x".repeat(999)}"`, 1000],
      ["long, with an escape in each group", `"${"xx\\n".repeat(250)}"`, 1001],
      ["a delete character", '"\x7f"', 2],
    ])("%s", (_name, body, end) => {
      expect(endsOf(body)).toEqual(new Set([end]));
    });

    it.each([
      ["no end", '"abc', "unterminated string at byte 4"],
      ["no end, long", `"${"x".repeat(50)}`, "unterminated string at byte 51"],
      ["the end is escaped", '"abc\\"', "unterminated string at byte 6"],
      ["ends in an escape", '"abc\\', "unterminated string at byte 5"],
      ["ends in \\u", '"abc\\u00', "unterminated string at byte 8"],
      ["unknown escape", '"ab\\x"', "invalid escape in a string at byte 3"],
      ["wrong digit", '"ab\\u00g0"', "\\u needs four hexadecimal digits at byte 3"],
      ["control character", '"ab\n"', "control character in a string at byte 3"],
      [
        "control character in a long one",
        `"${"x".repeat(40)}\x1f"`,
        "control character in a string at byte 41",
      ],
    ])("refuses: %s", (_name, body, message) => {
      expect(endsOf(body)).toEqual(new Set([message]));
    });

    it.each(Array.from({ length: 32 }, (_, byte) => byte))("control byte %i at every place", (byte) => {
      for (let place = 0; place < 40; place++) {
        const body = `"${"x".repeat(place)}${String.fromCharCode(byte)}${"x".repeat(40 - place)}"`;
        expect(() => new StringScanner(Buffer.from(body)).scan(1)).toThrow(`at byte ${place + 1}`);
      }
    });
  });

  test("tells what the string holds", () => {
    const scanner = new StringScanner(Buffer.from('"plain text","with\\nescape","weiß",            '));
    scanner.scan(1);
    expect([scanner.hasEscape, scanner.mayBeWide]).toEqual([false, false]);
    scanner.scan(14);
    expect([scanner.hasEscape, scanner.mayBeWide]).toEqual([true, false]);
    scanner.scan(29);
    expect([scanner.hasEscape, scanner.mayBeWide]).toEqual([false, true]);
  });
});

describe("numbers", () => {
  it.each(["0", "-0", "7", "10", "-12.5", "0.0", "1e5", "1E+5", "1.25e-7", "12345678901234567890"])(
    "%s",
    (text) => {
      expect(scanNumber(Buffer.from(`${text},`), 0)).toBe(text.length);
      expect(scanNumber(Buffer.from(`[${text}`), 1)).toBe(text.length + 1);
    },
  );

  it.each([
    ["01", "number with a leading zero at byte 0"],
    ["-01", "number with a leading zero at byte 1"],
    ["-", "expected a digit at byte 1"],
    ["1.", "expected a digit at byte 2"],
    ["1.e1", "expected a digit at byte 2"],
    ["1e", "expected a digit at byte 2"],
    ["1e+", "expected a digit at byte 3"],
    [".5", "expected a digit at byte 0"],
  ])("refuses %s", (text, message) => {
    expect(() => scanNumber(Buffer.from(text), 0)).toThrow(message);
  });
});

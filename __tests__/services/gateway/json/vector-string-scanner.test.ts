import { JsonSyntaxError } from "../../../../services/gateway/json/json-value";
import { StringScanner } from "../../../../services/gateway/json/scan";
import { VectorStringScanner } from "../../../../services/gateway/json/vector-string-scanner";
import { Random } from "../../../support/services/random";

const FILE = "../../../../services/gateway/json/vector-string-scanner";

/** What a scanner says of the string that begins at `start`. `hasEscape` and `mayBeWide` count only where it has an end. */
type Scan = readonly [end: number, hasEscape: boolean, mayBeWide: boolean] | string;

function scanWith(scanner: StringScanner | VectorStringScanner, start: number): Scan {
  try {
    const end = scanner.scan(start);
    return [end, scanner.hasEscape, scanner.mayBeWide];
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    return error.message;
  }
}

/** What two scanners must say alike. Whether bytes behind the end are wide is no matter. */
const endOf = (scan: Scan) => (typeof scan === "string" ? scan : `${scan[0]} ${scan[1]}`);

function vectorsOf(bytes: Buffer): VectorStringScanner {
  const scanner = VectorStringScanner.of(bytes);
  if (scanner === undefined) throw new Error("this processor has no vector instructions");
  return scanner;
}

/** What `JSON.parse` makes of the string between two places; `undefined` when it refuses it. */
function parsed(bytes: Buffer, start: number, end: number): string | undefined {
  try {
    return JSON.parse(bytes.toString("utf8", start - 1, end + 1)) as string;
  } catch {
    return undefined;
  }
}

/**
 * Holds the scanner to the one that looks at each byte, and both to `JSON.parse`. `mayBeWide` may be true for a string without
 * such bytes, because some stand behind it; a wrong `false` would spoil a text.
 */
function expectAgreement(scanner: VectorStringScanner, bytes: Buffer, start: number): Scan {
  const plain = scanWith(new StringScanner(bytes), start);
  const found = scanWith(scanner, start);
  const seen = () => JSON.stringify(bytes.subarray(start).toString("latin1"));
  if (typeof plain === "string" || typeof found === "string") {
    if (plain !== found) throw new Error(`${seen()}: ${String(found)} instead of ${String(plain)}`);
    // No place of it can be the end, so `JSON.parse` has none either.
    for (let end = start; end < bytes.length; end++) {
      if (bytes[end] === 0x22 && parsed(bytes, start, end) !== undefined)
        throw new Error(`${seen()}: refused, and JSON.parse takes it`);
    }
    return found;
  }
  const [end, hasEscape, mayBeWide] = found;
  const text = bytes.subarray(start, end);
  const isWide = text.some((byte) => byte > 0x7f);
  if (end !== plain[0] || hasEscape !== text.includes(0x5c) || (isWide && !mayBeWide))
    throw new Error(`${seen()}: ${String(found)} instead of ${String(plain)}`);
  if (parsed(bytes, start, end) === undefined) throw new Error(`${seen()}: JSON.parse refuses it`);
  return found;
}

const PIECES = [
  ...['"', '"', "\\", "\\", "\\", "u", "u", "0", "9", "a", "F", "g", "b", "f", "n", "r", "t", "/", "x", " "],
  ...["\x00", "\n", "\x1f", "\x7f", "é", "€", "😀", "\u2028", "\\u00e9", "\\ud83d", '\\"', "\\\\", "\\n"],
];
const PLAIN = ["a", "b", " ", "0", "u", "/", "é", "😀"];

/** A string of `length` pieces; the more `order`, the fewer of them are odd. */
function randomString(random: Random, length: number, order: number): string {
  let text = "";
  for (let index = 0; index < length; index++) {
    const isPlain = order > 0 && random.int(1, order) > 1;
    text += random.pick(isPlain ? PLAIN : PIECES);
  }
  return text;
}

it("agrees with the other scanner and JSON.parse on strings made at random, at every place of a block", () => {
  const random = new Random(1);
  let good = 0;
  let refused = 0;
  for (let round = 0; round < 6000; round++) {
    const before = " ".repeat(round % 16);
    const body = randomString(random, random.int(0, 200), random.pick([0, 4, 30, 100]));
    const isClosed = random.int(1, 8) > 1;
    const after = random.pick(["", "", " ", "]", "\\", '"', "é".repeat(20), 'u0000"'.repeat(5)]);
    const bytes = Buffer.from(`${before}"${body}${isClosed ? '"' : ""}${after}`);
    const found = expectAgreement(vectorsOf(bytes), bytes, before.length + 1);
    if (typeof found === "string") refused++;
    else good++;
  }
  expect([good > 1000, refused > 1000]).toEqual([true, true]);
});

it("agrees on bytes made at random, which are no UTF-8", () => {
  const random = new Random(2);
  for (let round = 0; round < 2500; round++) {
    const bytes = Buffer.alloc(random.int(1, 80));
    for (let index = 0; index < bytes.length; index++)
      bytes[index] =
        random.int(1, 3) === 1 ? random.int(0, 255) : random.pick([0x22, 0x5c, 0x75, 0x30, 0x80]);
    bytes[0] = 0x22;
    const found = scanWith(vectorsOf(bytes), 1);
    const plain = scanWith(new StringScanner(bytes), 1);
    expect(endOf(found)).toBe(endOf(plain));
  }
});

it("counts backslashes in runs of every length, over every border of blocks", () => {
  for (let before = 0; before < 33; before++) {
    for (let run = 0; run < 50; run++) {
      for (const after of ['"', 'n"', 'x"', 'u00e9"', 'u00e"', '""', '"  "', ""]) {
        const bytes = Buffer.from(`"${"x".repeat(before)}${"\\".repeat(run)}${after}`);
        expectAgreement(vectorsOf(bytes), bytes, 1);
      }
    }
  }
});

it.each([
  '\\u00e9"',
  '\\uD83D\\uDE00"',
  '\\u00g0"',
  '\\u"000"',
  "\\u000",
  "\\u",
  "\\",
  '\\q"',
  '\\\\"',
  "\x1f",
])("reads %j at every place, at the end of a body and before more", (piece) => {
  for (let before = 0; before < 48; before++) {
    for (const more of ["", "x".repeat(3), '"'.repeat(40)]) {
      const bytes = Buffer.from(`"${"x".repeat(before)}${piece}${more}`);
      expectAgreement(vectorsOf(bytes), bytes, 1);
    }
  }
});

it("takes each byte as the other does, plain and escaped, at every place of a block", () => {
  const others: string[] = [];
  for (let byte = 0; byte < 256; byte++) {
    for (let before = 0; before < 18; before++) {
      for (const escaping of ["", "\\"]) {
        const head = Buffer.from(`"${"x".repeat(before)}${escaping}`);
        const bytes = Buffer.concat([head, Buffer.from([byte]), Buffer.from('xxxx" ')]);
        const [found, plain] = [scanWith(vectorsOf(bytes), 1), scanWith(new StringScanner(bytes), 1)];
        if (endOf(found) !== endOf(plain))
          others.push(`${escaping}${byte} at ${before}: ${found}, not ${plain}`);
      }
    }
  }
  expect(others).toEqual([]);
});

it("reads one string after another", () => {
  const random = new Random(3);
  for (let round = 0; round < 100; round++) {
    const texts = Array.from({ length: 40 }, () =>
      randomString(random, random.int(0, 60), 8).replaceAll(/["\\]/g, ""),
    );
    const bytes = Buffer.from(JSON.stringify(texts));
    const scanner = vectorsOf(bytes);
    const read: string[] = [];
    for (let at = 2; at < bytes.length; ) {
      const found = expectAgreement(scanner, bytes, at);
      if (typeof found === "string") throw new Error(found);
      read.push(parsed(bytes, at, found[0]) as string);
      at = found[0] + 3;
    }
    expect(read).toEqual(texts);
  }
});

it("sees nothing of a larger body that was there before", () => {
  for (const leftover of ['"'.repeat(200_000), "a".repeat(200_000), '\\u0000"'.repeat(30_000)]) {
    for (const tail of ["", "abc", "abc\\", "abc\\u", "abc\\u00", "x".repeat(15), "x".repeat(300)]) {
      vectorsOf(Buffer.from(`"${leftover}`));
      const bytes = Buffer.from(`"${tail}`);
      expect(expectAgreement(vectorsOf(bytes), bytes, 1)).toMatch(/^unterminated string at byte \d+$/);
    }
  }
});

it("takes bodies of up to 8 MiB, wherever they stand in memory", () => {
  const large = Buffer.alloc(8 * 1024 * 1024, 0x78);
  large[0] = 0x22;
  large[large.length - 1] = 0x22;
  expect(scanWith(vectorsOf(large), 1)).toEqual([large.length - 1, false, false]);
  expect(VectorStringScanner.of(Buffer.alloc(large.length + 1))).toBeUndefined();
  const shifted = Buffer.from(`xxxxx"abc"`).subarray(5);
  expect(scanWith(vectorsOf(shifted), 1)).toEqual([4, false, false]);
});

describe("where WebAssembly", () => {
  const real = Reflect.get(globalThis, "WebAssembly");
  afterEach(() => {
    Reflect.set(globalThis, "WebAssembly", real);
    jest.resetModules();
  });

  function loadAgain(webAssembly: unknown): { of(bytes: Buffer): unknown; parse(bytes: Buffer): unknown } {
    Reflect.set(globalThis, "WebAssembly", webAssembly);
    let loaded: { of(bytes: Buffer): unknown; parse(bytes: Buffer): unknown } | undefined;
    jest.isolateModules(() => {
      const { VectorStringScanner: Scanner } = require(FILE);
      const { parseJson } = require("../../../../services/gateway/json/parse-json");
      loaded = { of: (bytes) => Scanner.of(bytes), parse: parseJson };
    });
    if (loaded === undefined) throw new Error("not loaded");
    return loaded;
  }

  const body = Buffer.from(JSON.stringify({ a: ['x\\"\n', "é".repeat(20)], b: "y".repeat(40) }).padEnd(4000));
  const value = { a: ['x\\"\n', "é".repeat(20)], b: "y".repeat(40) };

  class Refuses {
    constructor() {
      throw new Error("no vector instructions");
    }
  }
  /** Loads, and has no more memory to give. */
  class CannotGrow {
    readonly exports = {
      memory: {
        buffer: new ArrayBuffer(1024),
        grow: () => {
          throw new RangeError("WebAssembly.Memory.grow(): Unable to grow instance memory");
        },
      },
      scan: () => {
        throw new Error("must not be asked");
      },
    };
  }

  it.each([
    ["is not there", undefined],
    ["refuses the module", { Module: Refuses, Instance: Refuses }],
    ["refuses to run it", { Module: class {}, Instance: Refuses }],
    ["has no more memory", { Module: class {}, Instance: CannotGrow }],
  ])("%s, bodies are read without it", (_name, webAssembly) => {
    const { of, parse } = loadAgain(webAssembly);
    expect(of(body)).toBeUndefined();
    expect(parse(body)).toEqual(value);
  });

  it("is there, bodies are read with it", () => {
    const { of, parse } = loadAgain(real);
    expect(of(body)).toBeDefined();
    expect(parse(body)).toEqual(value);
  });
});

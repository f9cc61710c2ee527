/** A request body that may be broken, and the number that makes it again. */
export interface FuzzBody {
  readonly bytes: Buffer;
  readonly seed: number;
}

const SAMPLES: readonly string[] = [
  '{"model":"claude","max_tokens":100,"messages":[{"role":"user","content":"Hello, wörld 日本 😀"}],"stream":true}',
  '{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\\"a\\":1.0,\\"b\\":\\"\\\\n\\"}"}}]}]}',
  `{"a" : [ 1 , 2.50, -0, 1e5, {"b":null} ],\r\n\t"text":"${"line \\u00e9 \\\\ \\n é ".repeat(40)}"}`,
  '{"role":"user","role":"system","__proto__":{"a":1},"constructor":{},"":[[],{},[{}]]}',
  "[[[[[1,[2,[3]]]]]],true,false,null,12345678901234567890,0.1e-7]",
];

/** What gets into a body at some place. */
const PIECES: readonly string[] = [
  ..."{}[]:,\"'\\/ \t\n\r\0\x1f\x7fe+-.0123456789utfn",
  "\\u0000",
  "\\u00",
  "\\ud83d",
  "\\x",
  '\\"',
  "\ufeff",
  "\u2028",
  "\u00a0",
  "é",
  "😀",
  '"a":1,',
  '"role":"system",',
  '"\\u0072ole":"x",',
  '"__proto__":[],',
  "[".repeat(90),
  "]".repeat(90),
  "1e999",
  "-",
  "00",
  "1".repeat(60),
  "true",
  "nul",
  " ".repeat(33),
  "x".repeat(600),
];

const RAW_BYTES: readonly number[] = [0xff, 0xc0, 0x80, 0xed, 0xf5, 0x00, 0x1f, 0xef];

/** A generator of numbers that gives the same ones for the same seed (mulberry32). @returns 0 up to, not including, `below` */
export function randomIntegers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** JSON bodies with up to four changes each: pieces put in, taken out, repeated, bytes replaced, the end cut off. */
export function* mutateBodies(
  count: number,
  firstSeed: number,
  samples: readonly string[] = SAMPLES,
): Generator<FuzzBody> {
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    const random = randomIntegers(seed);
    let bytes: Buffer = Buffer.from(samples[random(samples.length)] as string);
    for (let change = random(5); change > 0; change--) bytes = mutate(bytes, random);
    yield { bytes: misalign(bytes, random(8)), seed };
  }
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  const at = random(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random(random(2) === 0 ? 3 : 60));
  const before = bytes.subarray(0, at);
  switch (random(6)) {
    case 0:
    case 1:
      return Buffer.concat([
        before,
        Buffer.from(PIECES[random(PIECES.length)] as string),
        bytes.subarray(at),
      ]);
    case 2:
      return Buffer.concat([before, bytes.subarray(end)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([
        before,
        Buffer.from([random(2) === 0 ? random(256) : (RAW_BYTES[random(RAW_BYTES.length)] as number)]),
        bytes.subarray(at + 1),
      ]);
    default:
      return random(4) === 0 ? Buffer.from(before) : bytes;
  }
}

/** The same bytes at another place of memory, because they are read in aligned groups. */
function misalign(bytes: Buffer, shift: number): Buffer {
  return Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
}

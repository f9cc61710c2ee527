/**
 * A piece of an answer as nearly all events carry one, taken out without parsing: the text is still escaped, with one
 * character for each byte of UTF-8, exactly as `JSON.stringify` would escape it.
 */
export interface DeltaText {
  /** Text of the answer, the JSON of a tool's input, or thinking. */
  readonly kind: "text" | "input" | "thinking";
  /** Of the content block. */
  readonly index: number;
  readonly escaped: string;
}

const START = '{"type":"content_block_delta","index":';
const SHAPES = [
  { kind: "text", middle: ',"delta":{"type":"text_delta","text":"' },
  { kind: "input", middle: ',"delta":{"type":"input_json_delta","partial_json":"' },
  { kind: "thinking", middle: ',"delta":{"type":"thinking_delta","thinking":"' },
] as const;
const MAX_INDEX_DIGITS = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const CLOSING_BRACE = 0x7d;
const ZERO = 0x30;

/** What follows a backslash where `JSON.stringify` writes one, but for `\u`, which it writes for some characters only. */
const SHORT_ESCAPES = new Set(Array.from('"\\bfnrt', (character) => character.charCodeAt(0)));

/**
 * Reads a `content_block_delta` of the shape in which providers write it: members in their order, no white space but
 * the padding before the last brackets, escapes as `JSON.stringify` writes them.
 * @param json one character for each byte of UTF-8
 * @returns `undefined` for everything else, which must be parsed
 */
export function readDelta(json: string): DeltaText | undefined {
  if (!json.startsWith(START)) return undefined;
  const end = endOfDigits(json, START.length);
  const digits = end - START.length;
  if (digits === 0 || digits > MAX_INDEX_DIGITS) return undefined;
  for (const { kind, middle } of SHAPES) {
    if (!json.startsWith(middle, end)) continue;
    const from = end + middle.length;
    const to = endOfString(json, from);
    if (to < 0 || !isClosed(json, to + 1)) return undefined;
    const index = digits === 1 ? json.charCodeAt(START.length) - ZERO : Number(json.slice(START.length, end));
    return { kind, index, escaped: json.slice(from, to) };
  }
  return undefined;
}

function endOfDigits(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) >= ZERO && json.charCodeAt(at) < ZERO + 10) at += 1;
  return at;
}

/** Where the closing quote is; -1 when there is none, or something that must be parsed comes before it. */
function endOfString(json: string, from: number): number {
  for (let at = from; at < json.length; at += 1) {
    const character = json.charCodeAt(at);
    if (character === QUOTE) return at;
    if (character < SPACE) return -1;
    if (character === BACKSLASH) {
      at += 1;
      if (!SHORT_ESCAPES.has(json.charCodeAt(at))) return -1;
    }
  }
  return -1;
}

/** Whether nothing follows but the two closing brackets. Anthropic pads events with spaces, to hide their length. */
function isClosed(json: string, from: number): boolean {
  let at = skipSpaces(json, from);
  if (json.charCodeAt(at) !== CLOSING_BRACE) return false;
  at = skipSpaces(json, at + 1);
  return json.charCodeAt(at) === CLOSING_BRACE && skipSpaces(json, at + 1) === json.length;
}

function skipSpaces(json: string, from: number): number {
  let at = from;
  while (json.charCodeAt(at) === SPACE) at += 1;
  return at;
}

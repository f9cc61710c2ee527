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

/** Text of a JSON string with no escapes but those that `JSON.stringify` writes; `\u` is one for few characters only. */
const TEXT = String.raw`([^"\\\x00-\x1f]*(?:\\["\\bfnrt][^"\\\x00-\x1f]*)*)`;
const SHAPES = [
  `text_delta","text":"${TEXT}`,
  `input_json_delta","partial_json":"${TEXT}`,
  `thinking_delta","thinking":"${TEXT}`,
];
/** Anthropic pads events with spaces before the last brackets, to hide the length of the text. */
const EVENT = new RegExp(
  `^{"type":"content_block_delta","index":(\\d{1,6}),"delta":{"type":"(?:${SHAPES.join("|")})" *} *} *$`,
);

/** A longer event is parsed: the expression above would need too much of the stack. */
const MAX_LENGTH = 64 * 1024;

/**
 * Reads a `content_block_delta` of the shape in which providers write it: members in their order, no white space but
 * the padding, escapes as `JSON.stringify` writes them. One regular expression is faster than comparing and searching.
 * @param json one character for each byte of UTF-8
 * @returns `undefined` for everything else, which must be parsed
 */
export function readDelta(json: string): DeltaText | undefined {
  if (json.length > MAX_LENGTH) return undefined;
  const match = EVENT.exec(json);
  if (match === null) return undefined;
  const [, index, text, input, thinking] = match;
  if (text !== undefined) return { kind: "text", index: Number(index), escaped: text };
  if (input !== undefined) return { kind: "input", index: Number(index), escaped: input };
  return { kind: "thinking", index: Number(index), escaped: thinking as string };
}

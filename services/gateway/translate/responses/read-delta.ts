import type { MessageEvent } from "../../messages/event";
import { encodeText } from "./encode-json";

/** A piece of a content block. */
export interface ContentDelta {
  /** `text_delta`, `thinking_delta`, `input_json_delta`, `signature_delta`; unknown ones too, without text. */
  readonly type: string;
  /** The inside of a JSON string, in byte text. */
  readonly escaped: string;
}

const EVENT_HEAD = '{"type":"content_block_delta","index":';
const DELTA_HEADS = [
  ["text_delta", ',"delta":{"type":"text_delta","text":"'],
  ["input_json_delta", ',"delta":{"type":"input_json_delta","partial_json":"'],
  ["thinking_delta", ',"delta":{"type":"thinking_delta","thinking":"'],
] as const;
const FIELDS: Readonly<Record<string, string>> = {
  text_delta: "text",
  input_json_delta: "partial_json",
  thinking_delta: "thinking",
  signature_delta: "signature",
};

/**
 * What a `content_block_delta` holds. An event written as providers write it is not parsed: its text is cut out and
 * goes on as it is. All others are parsed, with the same result.
 * @throws SyntaxError when the event is not a JSON object
 */
export function readDelta(event: MessageEvent): ContentDelta {
  return cutDelta(event.json) ?? parseDelta(event.value);
}

function cutDelta(json: string): ContentDelta | undefined {
  if (!json.startsWith(EVENT_HEAD)) return undefined;
  let at = EVENT_HEAD.length;
  while (isDigit(json.charCodeAt(at))) at += 1;
  const head = DELTA_HEADS.find(([, text]) => json.startsWith(text, at));
  if (at === EVENT_HEAD.length || head === undefined) return undefined;
  const start = at + head[1].length;
  const end = findCanonicalEnd(json, start);
  if (end < 0 || json.slice(end, end + 3) !== '"}}' || json.slice(end + 3).trim() !== "") return undefined;
  return { type: head[0], escaped: json.slice(start, end) };
}

/** Where a JSON string ends that `JSON.stringify` would write the same way; -1 for one that it would not. */
function findCanonicalEnd(json: string, start: number): number {
  for (let at = start; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === 0x22) return at;
    if (code < 0x20) return -1;
    if (code !== 0x5c) continue;
    at += 1;
    // `\u` is rare: whether it is canonical is left to the parser.
    if (!'"\\bfnrt'.includes(json.charAt(at))) return -1;
  }
  return -1;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function parseDelta(event: Readonly<Record<string, unknown>>): ContentDelta {
  const delta = (event["delta"] ?? {}) as Readonly<Record<string, unknown>>;
  const type = typeof delta["type"] === "string" ? delta["type"] : "";
  const field = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  const text = field === undefined ? undefined : delta[field];
  return { type, escaped: typeof text === "string" ? encodeText(text) : "" };
}

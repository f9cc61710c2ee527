import type { JsonValue } from "../json/json-value";
import { byteLengthOf, isText } from "../json/text";
import { membersOf } from "./members";
import type { MessagesRequest } from "./request";

/**
 * Bytes of UTF-8 a token, at least, for prompts and answers that nobody counts: English and code have about 4, Chinese and Japanese
 * about 3. Dividing by 3 errs to the provider's side, by a third at most for English.
 */
export const BYTES_PER_TOKEN = 3;
/** Tokens of an image in the size to which providers scale large ones. */
const IMAGE_TOKENS = 1600;
/** Tokens of one page of a PDF, text and picture. */
const PAGE_TOKENS = 3000;
/** Bytes of base64 that stand for one page. */
const BYTES_PER_PAGE = 100_000;
/** Tokens of what a provider tells the model of tools, for each kind of them: from 346 to 735 are known. */
const TOOL_KIND_TOKENS = 750;
/** Blocks within blocks are tool results and documents: no deeper than this. */
const MAX_DEPTH = 4;

/** Media of a request: what they weigh, and what they count for. */
interface Media {
  bytes: number;
  tokens: number;
}

/**
 * How many input tokens a request has, for want of a provider that counts: a third of its bytes, 1,600 tokens for each
 * image, 3,000 for each 100 kB of a PDF, and 750 for each kind of tools. Too high for English, by a third at most; for fitting into a context that is
 * the safe side.
 * @param bytes of the body as it would be sent
 */
export function estimateInput({ messages, system, tools }: MessagesRequest, bytes: number): number {
  const media: Media = { bytes: 0, tokens: 0 };
  addMedia(system as JsonValue | undefined, media, 0);
  for (const { content } of messages) addMedia(content as JsonValue, media, 0);
  const text = Math.max(1, Math.ceil((bytes - media.bytes) / BYTES_PER_TOKEN));
  return text + media.tokens + TOOL_KIND_TOKENS * kindsOf(tools);
}

/** Tools of the client's own are one kind, whatever their number. */
function kindsOf(tools: JsonValue | undefined): number {
  if (!Array.isArray(tools)) return 0;
  return new Set((tools as readonly JsonValue[]).map((tool) => membersOf(tool)["type"] ?? "custom")).size;
}

function addMedia(blocks: JsonValue | undefined, media: Media, depth: number): void {
  if (!Array.isArray(blocks) || depth > MAX_DEPTH) return;
  for (const block of blocks as readonly JsonValue[]) {
    const { type, content, source } = membersOf(block) as Record<string, JsonValue | undefined>;
    const { type: kind, data, content: inner } = membersOf(source) as Record<string, JsonValue | undefined>;
    if (kind === "content") addMedia(inner, media, depth + 1);
    const size = kind !== "text" && isText(data) ? byteLengthOf(data) : 0;
    media.bytes += size;
    if (type === "image") media.tokens += IMAGE_TOKENS;
    else if (type === "document" && kind !== "text" && kind !== "content")
      media.tokens += PAGE_TOKENS * Math.max(1, Math.ceil(size / BYTES_PER_PAGE));
    addMedia(content, media, depth + 1);
  }
}

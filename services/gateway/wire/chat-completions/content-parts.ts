import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  notSupported,
  quote,
  requireObject,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { beginningOf, isText } from "../../json/text";
import type { ContentBlock, MessagesTarget, TextBlock } from "../internal/request";
import { cacheControlOf } from "../shared/cache-control";
import { toDocument, toDocumentAt, toImageOrPdf } from "../shared/media";
import type { DroppedMembers } from "../shared/request-params";

/** Whose content it is, which says what it may hold besides text. */
type ContentKind = "text" | "media" | "assistant";

/** What reading needs of the request around. */
export interface ContentContext {
  readonly target: MessagesTarget;
  readonly dropped: DroppedMembers;
}

/**
 * The content of a message as blocks: one text, or parts, with their cache marks. Blank texts are still there.
 * @param kind `media` for text, images and files; `assistant` for text, earlier refusals and thinking; `text` for text alone
 * @throws TranslationError for parts that cannot be sent: content is never left out silently
 */
export function readContent(
  content: JsonValue | undefined,
  path: string,
  kind: ContentKind,
  context: ContentContext,
): readonly ContentBlock[] {
  if (isText(content)) return [{ type: "text", text: content }];
  if (isAbsent(content))
    throw new TranslationError(
      path,
      `${path} is ${kindOf(content)}; it must be a string or an array of parts`,
    );
  if (!isList(content))
    throw new TranslationError(path, `${path} must be a string or an array of parts, not ${kindOf(content)}`);
  return content.flatMap((part, index) => readPart(part, `${path}.${index}`, kind, context) ?? []);
}

/** The same for content that can be text alone. */
export function readTextContent(
  content: JsonValue | undefined,
  path: string,
  context: ContentContext,
): readonly TextBlock[] {
  return readContent(content, path, "text", context) as readonly TextBlock[];
}

const TEXT_MEMBERS: ReadonlySet<string> = new Set([
  ...["type", "text", "refusal", "cache_control", "prompt_cache_breakpoint"],
]);
const IMAGE_MEMBERS: ReadonlySet<string> = new Set([
  // The bytes say which format it is.
  ...["url", "format"],
]);
const FILE_MEMBERS: ReadonlySet<string> = new Set(["file_data", "file_id", "filename", "format"]);

/** @returns `undefined` for thinking that the provider would refuse */
function readPart(
  value: JsonValue,
  path: string,
  kind: ContentKind,
  { target, dropped }: ContentContext,
): ContentBlock | undefined {
  const part = requireObject(value, path);
  const type = stringIn(part["type"]);
  if (type === "text" || type === "refusal") {
    dropped.addOthers(part, TEXT_MEMBERS, "messages.content");
    return { type: "text", text: requireTextOf(part[type], `${path}.${type}`), ...cacheControlOf(part) };
  }
  if (kind === "assistant" && (type === "thinking" || type === "redacted_thinking")) {
    const block = toThinkingBlock(part);
    if (block === undefined) dropped.add(`messages.content.${type}`);
    return block;
  }
  if (kind === "media" && type === "image_url") {
    const image = part["image_url"];
    if (isObject(image) && stringIn(image["detail"]) !== "auto")
      dropped.addOthers(image, IMAGE_MEMBERS, "messages.content.image_url");
    return { ...readImage(image, `${path}.image_url`, target), ...cacheControlOf(part) };
  }
  if (kind === "media" && type === "file") {
    const file = requireObject(part["file"], `${path}.file`);
    dropped.addOthers(file, FILE_MEMBERS, "messages.content.file");
    return { ...readFile(file, `${path}.file`, target), ...cacheControlOf(part) };
  }
  const found = type === undefined ? kindOf(part["type"]) : quote(type);
  throw notSupported(path, `parts of type ${ACCEPTED[kind]} can be sent here, not ${found}`);
}

const ACCEPTED: Readonly<Record<ContentKind, string>> = {
  text: "text",
  media: "text, image_url and file",
  assistant: "text, refusal, thinking and redacted_thinking",
};

function requireTextOf(value: JsonValue | undefined, path: string) {
  if (isText(value)) return value;
  throw new TranslationError(path, `${path} must be a string, not ${kindOf(value)}`);
}

/** Some clients send the address alone, and some a PDF. */
function readImage(value: JsonValue | undefined, path: string, target: MessagesTarget): ContentBlock {
  const url = isObject(value) ? value["url"] : value;
  const place = isObject(value) ? `${path}.url` : path;
  return toImageOrPdf(requireTextOf(url, place), place, target);
}

/** Clients of LiteLLM also write the file itself, or its address, into `file_id`. */
function readFile(file: JsonObject, path: string, target: MessagesTarget): ContentBlock {
  const id = file["file_id"];
  const filename = stringIn(file["filename"]);
  if (isAbsent(file["file_data"]) && !isAbsent(id)) {
    if (isText(id) && /^https:\/\//i.test(beginningOf(id, 8)))
      return toDocumentAt(id, `${path}.file_id`, target);
    if (isText(id) && /^data:/i.test(beginningOf(id, 5)))
      return toDocument(id, filename, `${path}.file_id`, target);
    throw notSupported(`${path}.file_id`, "send the file itself as file_data");
  }
  const data = requireTextOf(file["file_data"], `${path}.file_data`);
  return toDocument(data, filename, `${path}.file_data`, target);
}

/**
 * What the model thought in an earlier turn, where the client sent it back with its signatures: as `thinking_blocks`
 * (LiteLLM's dialect) or `reasoning_details` (OpenRouter's). The upstream refuses thinking that was changed, so when a
 * part of it has no signature, all of it is left out. `reasoning_content` and `reasoning` never have one.
 * @param dropped is told what is left out and is nowhere else
 */
export function readEarlierThinking(message: JsonObject, dropped: DroppedMembers): readonly ContentBlock[] {
  const kept = readSigned(message, dropped);
  if (kept.length === 0) {
    for (const name of UNSIGNED) {
      const value = message[name];
      if (isText(value) && value !== "") dropped.add(`messages.${name}`);
    }
  }
  return kept;
}

const UNSIGNED = ["reasoning_content", "reasoning"] as const;

function readSigned(message: JsonObject, dropped: DroppedMembers): readonly ContentBlock[] {
  for (const [name, read] of DIALECTS) {
    const blocks = message[name];
    if (!isList(blocks) || blocks.length === 0) continue;
    const kept = blocks.map(read);
    if (kept.every((block) => block !== undefined)) return kept;
    dropped.add(`messages.${name}`);
  }
  return NONE;
}

const NONE: readonly ContentBlock[] = [];

/** A block of Anthropic's own, of those two types; `undefined` when it is not signed. */
function toThinkingBlock(value: JsonValue): ContentBlock | undefined {
  if (!isObject(value)) return undefined;
  const type = stringIn(value["type"]);
  if (type === "thinking") return toThinking(value["thinking"], value["signature"]);
  return type === "redacted_thinking" ? toRedacted(value["data"]) : undefined;
}

function readDetail(value: JsonValue): ContentBlock | undefined {
  if (!isObject(value)) return undefined;
  const format = stringIn(value["format"]) ?? "anthropic";
  if (!format.startsWith("anthropic")) return undefined;
  const type = stringIn(value["type"]);
  if (type === "reasoning.text") return toThinking(value["text"], value["signature"]);
  return type === "reasoning.encrypted" ? toRedacted(value["data"]) : undefined;
}

function toThinking(
  thinking: JsonValue | undefined,
  signature: JsonValue | undefined,
): ContentBlock | undefined {
  if (!isText(thinking) || !isText(signature) || signature === "") return undefined;
  return { type: "thinking", thinking, signature };
}

function toRedacted(data: JsonValue | undefined): ContentBlock | undefined {
  return isText(data) && data !== "" ? { type: "redacted_thinking", data } : undefined;
}

/** Members that hold thinking, and how one of theirs is read; the first that can be kept counts. */
const DIALECTS = [
  ["thinking_blocks", toThinkingBlock],
  ["reasoning_details", readDetail],
] as const;

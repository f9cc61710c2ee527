import type { JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock, MessagesTarget, TextBlock } from "../../messages/request";
import { cacheControlOf } from "../to-messages/cache-control";
import { toDocument } from "../to-messages/document";
import { toImage } from "../to-messages/image";
import { isAbsent, isList, isObject, kindOf, quote, requireObject, textIn } from "../to-messages/read-value";
import { notSupported, TranslationError } from "../translation-error";

/** What a message's content may hold besides text. */
export type ContentKind = "text" | "media";

/**
 * The content of a message as blocks: one text, or parts, with their cache marks. Blank texts are still there.
 * @param kind `media` for text, images and files; `text` for text and earlier refusals
 * @throws TranslationError for parts that cannot be sent: content is never left out silently
 */
export function readContent(
  content: JsonValue | undefined,
  path: string,
  kind: ContentKind,
  target: MessagesTarget,
): readonly ContentBlock[] {
  if (isText(content)) return [{ type: "text", text: content }];
  if (isAbsent(content))
    throw new TranslationError(path, `${path} is ${kindOf(content)}; it must be text or a list of parts`);
  if (!isList(content))
    throw new TranslationError(path, `${path} must be text or a list of parts, not ${kindOf(content)}`);
  return content.map((part, index) => readPart(part, `${path}.${index}`, kind, target));
}

/** The same for content that can be text alone. */
export function readTextContent(
  content: JsonValue | undefined,
  path: string,
  target: MessagesTarget,
): readonly TextBlock[] {
  return readContent(content, path, "text", target) as readonly TextBlock[];
}

function readPart(value: JsonValue, path: string, kind: ContentKind, target: MessagesTarget): ContentBlock {
  const part = requireObject(value, path);
  const type = textIn(part["type"]);
  const mark = cacheControlOf(part);
  if (type === "text" || type === "refusal")
    return { type: "text", text: requireTextOf(part[type], `${path}.${type}`), ...mark };
  if (kind === "media" && type === "image_url")
    return { ...readImage(part["image_url"], `${path}.image_url`, target), ...mark };
  if (kind === "media" && type === "file")
    return { ...readFile(part["file"], `${path}.file`, target), ...mark };
  const accepted = kind === "media" ? "text, image_url and file" : "text";
  const found = type === undefined ? kindOf(part["type"]) : quote(type);
  throw notSupported(path, `parts of type ${accepted} can be sent here, not ${found}`);
}

function requireTextOf(value: JsonValue | undefined, path: string) {
  if (isText(value)) return value;
  throw new TranslationError(path, `${path} must be text, not ${kindOf(value)}`);
}

/** `detail` has no counterpart. Some clients send the address alone. */
function readImage(value: JsonValue | undefined, path: string, target: MessagesTarget): ContentBlock {
  const url = isObject(value) ? value["url"] : value;
  const place = isObject(value) ? `${path}.url` : path;
  return toImage(requireTextOf(url, place), place, target);
}

function readFile(value: JsonValue | undefined, path: string, target: MessagesTarget): ContentBlock {
  const file = requireObject(value, path);
  if (isAbsent(file["file_data"]) && !isAbsent(file["file_id"])) {
    throw notSupported(`${path}.file_id`, "send the file itself as file_data");
  }
  const data = requireTextOf(file["file_data"], `${path}.file_data`);
  return toDocument(data, textIn(file["filename"]), `${path}.file_data`, target);
}

import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isText, textOf } from "../../json/text";
import type { ContentBlock, MessagesTarget, TextBlock } from "../../messages/request";
import { cacheControlOf } from "../to-messages/cache-control";
import { toDocument } from "../to-messages/document";
import { toImage } from "../to-messages/image";
import {
  isAbsent,
  isObject,
  kindOf,
  quote,
  requireList,
  requireObject,
  textIn,
} from "../to-messages/read-value";
import { notSupported, TranslationError } from "../translation-error";

/** Parts whose text is read, and the member that holds it. */
const TEXT_PARTS: ReadonlyMap<string, string> = new Map([
  ["input_text", "text"],
  ["output_text", "text"],
  ["text", "text"],
  ["refusal", "refusal"],
]);

/** Where parts stand. Images and files are only taken from users and tools. */
export type PartOwner = "system" | "user" | "assistant" | "tool";

/**
 * The content of a message or of a tool's output: text, or a list of parts.
 * @throws TranslationError for parts that cannot stand there
 */
export function readContent(
  content: JsonValue | undefined,
  path: string,
  owner: PartOwner,
  target: MessagesTarget,
): readonly ContentBlock[] {
  if (isText(content)) return [textBlock(content)];
  if (isAbsent(content) && owner === "assistant") return [];
  return requireList(content, path).map((part, index) => {
    const partPath = `${path}.${index}`;
    return readPart(requireObject(part, partPath), partPath, owner, target);
  });
}

export function textBlock(text: Text): TextBlock {
  return { type: "text", text };
}

function readPart(part: JsonObject, path: string, owner: PartOwner, target: MessagesTarget): ContentBlock {
  const type = textIn(part["type"]) ?? "";
  const field = TEXT_PARTS.get(type);
  if (field !== undefined) return { ...textBlock(requireMember(part, field, path)), ...markOf(part) };
  const takesFiles = owner === "user" || owner === "tool";
  if (type === "input_image" && takesFiles) {
    refuseFileId(part, path, "image_url");
    return {
      ...toImage(requireMember(part, "image_url", path), `${path}.image_url`, target),
      ...markOf(part),
    };
  }
  if (type === "input_file" && takesFiles) return { ...readFile(part, path, target), ...markOf(part) };
  const allowed = takesFiles ? "input_text, input_image or input_file" : "input_text, output_text or refusal";
  throw new TranslationError(
    `${path}.type`,
    `${path}.type must be ${allowed}, not ${type === "" ? kindOf(part["type"]) : quote(type)}`,
  );
}

function readFile(part: JsonObject, path: string, target: MessagesTarget): ContentBlock {
  refuseFileId(part, path, "file_data");
  const url = part["file_url"];
  if (isAbsent(url)) {
    const data = requireMember(part, "file_data", path);
    return toDocument(data, textIn(part["filename"]), `${path}.file_data`, target);
  }
  const place = `${path}.file_url`;
  if (!isText(url) || !/^https:\/\/[^\s/]/i.test(textOf(url))) {
    throw new TranslationError(place, `${place} must begin with https://`);
  }
  if (target.api === "anthropic") return { type: "document", source: { type: "url", url } };
  throw new TranslationError(place, `${place} is an address, and Bedrock fetches no files; send file_data`);
}

function refuseFileId(part: JsonObject, path: string, instead: string): void {
  if (isAbsent(part["file_id"])) return;
  throw notSupported(`${path}.file_id`, `it keeps no files; send ${instead}`);
}

function requireMember(part: JsonObject, name: string, path: string): Text {
  const value = part[name];
  if (isText(value)) return value;
  throw new TranslationError(`${path}.${name}`, `${path}.${name} must be text, not ${kindOf(value)}`);
}

/** A mark in Anthropic's form, or the API's own, which asks for the same. */
function markOf(part: JsonObject): { readonly cache_control?: JsonObject } {
  const breakpoint = part["prompt_cache_breakpoint"];
  if (isObject(breakpoint) && textIn(breakpoint["mode"]) === "explicit") {
    return { cache_control: { type: "ephemeral" } };
  }
  return cacheControlOf(part);
}

import {
  isAbsent,
  kindOf,
  notSupported,
  quote,
  requireList,
  requireObject,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock, MessagesTarget, TextBlock } from "../internal/request";
import { cacheControlOf } from "../shared/cache-control";
import { toDocument, toDocumentAt, toImageOrPdf } from "../shared/media";
import type { DroppedMembers } from "../shared/request-params";

/** Parts whose text is read, and the member that holds it. */
const TEXT_PARTS: ReadonlyMap<string, string> = new Map([
  ["input_text", "text"],
  ["output_text", "text"],
  ["text", "text"],
  ["refusal", "refusal"],
]);

/** What is read of a part, of any type. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...["type", "text", "refusal", "image_url", "file_id", "file_data", "file_url", "filename"],
  ...["cache_control", "prompt_cache_breakpoint"],
]);
const MEMBERS_AND_DETAIL: ReadonlySet<string> = new Set([...MEMBERS, "detail"]);

/** What reading needs of the request around. */
export interface PartContext {
  readonly target: MessagesTarget;
  readonly dropped: DroppedMembers;
}

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
  { target, dropped }: PartContext,
): readonly ContentBlock[] {
  if (isText(content)) return [textBlock(content)];
  if (isAbsent(content) && owner === "assistant") return [];
  return requireList(content, path).map((part, index) => {
    const partPath = `${path}.${index}`;
    const given = requireObject(part, partPath);
    dropped.addOthers(
      given,
      stringIn(given["detail"]) === "auto" ? MEMBERS_AND_DETAIL : MEMBERS,
      "input.content",
    );
    return readPart(given, partPath, owner, target);
  });
}

export function textBlock(text: Text): TextBlock {
  return { type: "text", text };
}

function readPart(part: JsonObject, path: string, owner: PartOwner, target: MessagesTarget): ContentBlock {
  const type = stringIn(part["type"]) ?? "";
  const field = TEXT_PARTS.get(type);
  if (field !== undefined) return { ...textBlock(requireMember(part, field, path)), ...cacheControlOf(part) };
  const takesFiles = owner === "user" || owner === "tool";
  if (type === "input_image" && takesFiles) {
    refuseFileId(part, path, "image_url");
    return {
      ...toImageOrPdf(requireMember(part, "image_url", path), `${path}.image_url`, target),
      ...cacheControlOf(part),
    };
  }
  if (type === "input_file" && takesFiles)
    return { ...readFile(part, path, target), ...cacheControlOf(part) };
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
    return toDocument(data, stringIn(part["filename"]), `${path}.file_data`, target);
  }
  return toDocumentAt(url, `${path}.file_url`, target);
}

function refuseFileId(part: JsonObject, path: string, instead: string): void {
  if (isAbsent(part["file_id"])) return;
  throw notSupported(`${path}.file_id`, `files are not stored, so send ${instead}`);
}

function requireMember(part: JsonObject, name: string, path: string): Text {
  const value = part[name];
  if (isText(value)) return value;
  throw new TranslationError(`${path}.${name}`, `${path}.${name} must be a string, not ${kindOf(value)}`);
}

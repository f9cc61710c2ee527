import type { JsonObject } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock } from "../../messages/request";
import { cacheControlOf, readCacheControl } from "../to-messages/cache-control";
import { isAbsent, requireText, textIn } from "../to-messages/read-value";
import type { ToolResultItem } from "../to-messages/turn-item";
import { functionCallId } from "./assistant-message";
import { type ContentContext, readContent } from "./content-parts";

/** What is read of a result; its name is that of the call. */
const MEMBERS: ReadonlySet<string> = new Set(["role", "content", "tool_call_id", "name", "cache_control"]);

/**
 * The result of a tool call. A cache mark of the message or of one of its parts becomes the result's own.
 * @throws TranslationError
 */
export function readToolMessage(message: JsonObject, path: string, context: ContentContext): ToolResultItem {
  return readResult(textIn(message["tool_call_id"]) ?? "", message, path, context);
}

/** The same in the old form, which names the function instead of the call. @throws TranslationError */
export function readFunctionMessage(
  message: JsonObject,
  path: string,
  context: ContentContext,
): ToolResultItem {
  return readResult(functionCallId(requireText(message["name"], `${path}.name`)), message, path, context);
}

function readResult(
  callId: string,
  message: JsonObject,
  path: string,
  context: ContentContext,
): ToolResultItem {
  context.dropped.addOthers(message, MEMBERS, "messages");
  const { content } = message as { readonly [name: string]: JsonObject[string] };
  const isPlain = isText(content) || isAbsent(content);
  const blocks = isPlain ? [] : readContent(content, `${path}.content`, "media", context);
  const ofPart = blocks.findLast((block) => block["cache_control"] !== undefined);
  return {
    kind: "result",
    callId,
    content: isPlain ? (content ?? "") : blocks.map(withoutMark),
    isError: false,
    cacheControl:
      readCacheControl(message["cache_control"]) ?? (ofPart && cacheControlOf(ofPart).cache_control),
  };
}

function withoutMark({ cache_control: _mark, ...block }: ContentBlock): ContentBlock {
  return block as ContentBlock;
}

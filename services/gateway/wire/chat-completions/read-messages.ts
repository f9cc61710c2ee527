import {
  isAbsent,
  kindOf,
  notSupported,
  quote,
  requireList,
  requireObject,
  requireText,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock, TextBlock } from "../internal/request";
import { addBreakpointToLast, cacheControlOf, readCacheControl } from "../shared/cache-control";
import {
  dropBlank,
  frameInstruction,
  isThinking,
  type ToolResultItem,
  type ToolUseBlock,
  type TurnItem,
  toToolInput,
} from "../shared/conversation";
import { upstreamToolName } from "../shared/tools";
import { type ContentContext, readContent, readEarlierThinking, readTextContent } from "./content-parts";

/** The messages of a chat, sorted. */
interface ChatHistory {
  /** What system and developer messages before all others say: a block for each text, never joined. */
  readonly system: readonly TextBlock[];
  readonly items: readonly TurnItem[];
  /** Where the last message stands in the request. */
  readonly lastPath: string;
}

/** What is read of messages of users and systems. */
const USER_MEMBERS: ReadonlySet<string> = new Set(["role", "content", "cache_control"]);

/** @throws TranslationError for content that cannot be sent */
export function readMessages(messages: JsonValue | undefined, context: ContentContext): ChatHistory {
  const list = requireList(messages, "messages");
  const system: TextBlock[] = [];
  const items: TurnItem[] = [];
  list.forEach((value, index) => {
    const path = `messages.${index}`;
    const message = requireObject(value, path);
    const role = stringIn(message["role"]);
    switch (role) {
      case "system":
      case "developer": {
        const content = readTextContent(message["content"], `${path}.content`, context);
        context.dropped.addOthers(message, USER_MEMBERS, "messages");
        const texts = addBreakpointToLast(
          dropBlank(content) as readonly TextBlock[],
          cacheControlOf(message),
        );
        if (items.length > 0) items.push({ kind: "user", blocks: frameInstruction(texts) });
        else for (const block of texts) system.push(block);
        return;
      }
      case "user": {
        const blocks = dropBlank(readContent(message["content"], `${path}.content`, "media", context));
        context.dropped.addOthers(message, USER_MEMBERS, "messages");
        items.push({ kind: "user", blocks: addBreakpointToLast(blocks, cacheControlOf(message)) });
        return;
      }
      case "assistant":
        items.push({ kind: "assistant", blocks: readAssistantMessage(message, path, context) });
        return;
      case "tool":
        items.push(readToolMessage(message, path, context));
        return;
      case "function":
        items.push(readFunctionMessage(message, path, context));
        return;
      default: {
        const found = role === undefined ? kindOf(message["role"]) : quote(role);
        throw new TranslationError(
          `${path}.role`,
          `${path}.role must be system, developer, user, assistant, tool or function, not ${found}`,
        );
      }
    }
  });
  return { system, items, lastPath: `messages.${Math.max(0, list.length - 1)}` };
}

/** What is read of a message, beside what clients send back of answers that means nothing without OpenAI. */
const ASSISTANT_MEMBERS: ReadonlySet<string> = new Set([
  ...["role", "content", "refusal", "tool_calls", "function_call", "audio", "cache_control"],
  ...["thinking_blocks", "reasoning_details", "reasoning_content", "reasoning"],
  ...["id", "provider_specific_fields"],
]);

/** An earlier turn of the assistant: its thinking, its text, then its calls. @throws TranslationError */
function readAssistantMessage(
  message: JsonObject,
  path: string,
  context: ContentContext,
): readonly ContentBlock[] {
  if (!isAbsent(message["audio"])) throw notSupported(`${path}.audio`, "send what was said as text");
  context.dropped.addOthers(message, ASSISTANT_MEMBERS, "messages");
  const said = readTexts(message, path, context);
  const blocks = [
    // Thinking among the parts is the same as that beside them.
    ...(said.some(isThinking) ? [] : readEarlierThinking(message, context.dropped)),
    ...said,
    ...readToolCalls(message["tool_calls"], `${path}.tool_calls`, context),
    ...readFunctionCall(message["function_call"], `${path}.function_call`, context),
  ];
  return addBreakpointToLast(dropBlank(blocks), cacheControlOf(message));
}

/** The id of a call of the old kind, which has none: its result names the function. */
function functionCallId(name: string): string {
  return `function_call_${name}`;
}

function readTexts(message: JsonObject, path: string, context: ContentContext): readonly ContentBlock[] {
  const { content, refusal } = message as { [name: string]: JsonValue | undefined };
  if (!isAbsent(content)) {
    const isTold = isText(refusal) && refusal !== "";
    if (isTold) context.dropped.add("messages.refusal");
    return readContent(content, `${path}.content`, "assistant", context);
  }
  return isText(refusal) ? [{ type: "text", text: refusal }] : [];
}

function readToolCalls(
  calls: JsonValue | undefined,
  path: string,
  context: ContentContext,
): readonly ToolUseBlock[] {
  if (isAbsent(calls)) return [];
  return requireList(calls, path).map((value, index) => {
    const at = `${path}.${index}`;
    const call = requireObject(value, at);
    const type = stringIn(call["type"]) ?? "function";
    if (type !== "function")
      throw notSupported(`${at}.type`, `calls of type function can be sent, not ${quote(type)}`);
    return toToolUse(
      stringIn(call["id"]) ?? "",
      requireObject(call["function"], `${at}.function`),
      `${at}.function`,
      call,
      context,
    );
  });
}

function readFunctionCall(
  call: JsonValue | undefined,
  path: string,
  context: ContentContext,
): readonly ToolUseBlock[] {
  if (isAbsent(call)) return [];
  const given = requireObject(call, path);
  return [toToolUse(functionCallId(requireText(given["name"], `${path}.name`)), given, path, given, context)];
}

function toToolUse(
  id: string,
  call: JsonObject,
  path: string,
  markOwner: JsonObject,
  context: ContentContext,
): ToolUseBlock {
  const name = upstreamToolName(requireText(call["name"], `${path}.name`));
  const input = toToolInput(call["arguments"], `${path}.arguments`, context.target);
  return { type: "tool_use", id, name, input, ...cacheControlOf(markOwner) };
}

/** What is read of a result; its name is that of the call. */
const TOOL_MEMBERS: ReadonlySet<string> = new Set([
  "role",
  "content",
  "tool_call_id",
  "name",
  "cache_control",
]);

/**
 * The result of a tool call. A cache mark of the message or of one of its parts becomes the result's own.
 * @throws TranslationError
 */
function readToolMessage(message: JsonObject, path: string, context: ContentContext): ToolResultItem {
  return readResult(stringIn(message["tool_call_id"]) ?? "", message, path, context);
}

/** The same in the old form, which names the function instead of the call. @throws TranslationError */
function readFunctionMessage(message: JsonObject, path: string, context: ContentContext): ToolResultItem {
  return readResult(functionCallId(requireText(message["name"], `${path}.name`)), message, path, context);
}

function readResult(
  callId: string,
  message: JsonObject,
  path: string,
  context: ContentContext,
): ToolResultItem {
  context.dropped.addOthers(message, TOOL_MEMBERS, "messages");
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

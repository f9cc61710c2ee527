import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock } from "../../messages/request";
import { dropBlank } from "../to-messages/blank-text";
import { cacheControlOf, markLastBlock } from "../to-messages/cache-control";
import { isAbsent, quote, requireList, requireObject, requireText, textIn } from "../to-messages/read-value";
import { isThinking } from "../to-messages/thinking-blocks";
import { toToolInput } from "../to-messages/tool-arguments";
import { upstreamToolName } from "../to-messages/tool-names";
import type { ToolUseBlock } from "../to-messages/turn-item";
import { notSupported } from "../translation-error";
import { type ContentContext, readContent } from "./content-parts";
import { readEarlierThinking } from "./earlier-thinking";

/** What is read of a message, beside what clients send back of answers that means nothing without OpenAI. */
const MEMBERS: ReadonlySet<string> = new Set([
  ...["role", "content", "refusal", "tool_calls", "function_call", "audio", "cache_control"],
  ...["thinking_blocks", "reasoning_details", "reasoning_content", "reasoning"],
  ...["id", "provider_specific_fields"],
]);

/** An earlier turn of the assistant: its thinking, its text, then its calls. @throws TranslationError */
export function readAssistantMessage(
  message: JsonObject,
  path: string,
  context: ContentContext,
): readonly ContentBlock[] {
  if (!isAbsent(message["audio"])) throw notSupported(`${path}.audio`, "send what was said as text");
  context.dropped.addOthers(message, MEMBERS, "messages");
  const said = readTexts(message, path, context);
  const blocks = [
    // Thinking among the parts is the same as that beside them.
    ...(said.some(isThinking) ? [] : readEarlierThinking(message, context.dropped)),
    ...said,
    ...readToolCalls(message["tool_calls"], `${path}.tool_calls`, context),
    ...readFunctionCall(message["function_call"], `${path}.function_call`, context),
  ];
  return markLastBlock(dropBlank(blocks), cacheControlOf(message));
}

/** The id of a call of the old kind, which has none: its result names the function. */
export function functionCallId(name: string): string {
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
    const type = textIn(call["type"]) ?? "function";
    if (type !== "function")
      throw notSupported(`${at}.type`, `calls of type function can be sent, not ${quote(type)}`);
    return toToolUse(
      textIn(call["id"]) ?? "",
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

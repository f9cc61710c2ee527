import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock, MessagesTarget } from "../../messages/request";
import { dropBlank } from "../to-messages/blank-text";
import { cacheControlOf, markLastBlock } from "../to-messages/cache-control";
import { isAbsent, quote, requireList, requireObject, requireText, textIn } from "../to-messages/read-value";
import { toToolInput } from "../to-messages/tool-arguments";
import { upstreamToolName } from "../to-messages/tool-names";
import type { ToolUseBlock } from "../to-messages/turn-item";
import { notSupported } from "../translation-error";
import { readTextContent } from "./content-parts";
import { readEarlierThinking } from "./earlier-thinking";

/** An earlier turn of the assistant: its thinking, its text, then its calls. @throws TranslationError */
export function readAssistantMessage(
  message: JsonObject,
  path: string,
  target: MessagesTarget,
): readonly ContentBlock[] {
  if (!isAbsent(message["audio"])) throw notSupported(`${path}.audio`, "send what was said as text");
  const blocks = [
    ...readEarlierThinking(message),
    ...readTexts(message, path, target),
    ...readToolCalls(message["tool_calls"], `${path}.tool_calls`, target),
    ...readFunctionCall(message["function_call"], `${path}.function_call`, target),
  ];
  return markLastBlock(dropBlank(blocks), cacheControlOf(message));
}

/** The id of a call of the old kind, which has none: its result names the function. */
export function functionCallId(name: string): string {
  return `function_call_${name}`;
}

function readTexts(message: JsonObject, path: string, target: MessagesTarget): readonly ContentBlock[] {
  const { content, refusal } = message as { [name: string]: JsonValue | undefined };
  if (!isAbsent(content)) return readTextContent(content, `${path}.content`, target);
  return isText(refusal) ? [{ type: "text", text: refusal }] : [];
}

function readToolCalls(
  calls: JsonValue | undefined,
  path: string,
  target: MessagesTarget,
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
      target,
    );
  });
}

function readFunctionCall(
  call: JsonValue | undefined,
  path: string,
  target: MessagesTarget,
): readonly ToolUseBlock[] {
  if (isAbsent(call)) return [];
  const given = requireObject(call, path);
  return [toToolUse(functionCallId(requireText(given["name"], `${path}.name`)), given, path, given, target)];
}

function toToolUse(
  id: string,
  call: JsonObject,
  path: string,
  markOwner: JsonObject,
  target: MessagesTarget,
): ToolUseBlock {
  const name = upstreamToolName(requireText(call["name"], `${path}.name`));
  const input = toToolInput(call["arguments"], `${path}.arguments`, target);
  return { type: "tool_use", id, name, input, ...cacheControlOf(markOwner) };
}

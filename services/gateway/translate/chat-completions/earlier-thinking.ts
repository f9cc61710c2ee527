import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock } from "../../messages/request";
import { isList, isObject, textIn } from "../to-messages/read-value";

/**
 * What the model thought in an earlier turn, where the client sent it back with its signatures: as `thinking_blocks`
 * (LiteLLM's dialect) or `reasoning_details` (OpenRouter's). The upstream refuses thinking that was changed, so when a
 * part of it has no signature, all of it is left out. `reasoning_content` never has one.
 */
export function readEarlierThinking(message: JsonObject): readonly ContentBlock[] {
  const blocks = message["thinking_blocks"];
  if (isList(blocks) && blocks.length > 0) return allOrNone(blocks.map(readBlock));
  const details = message["reasoning_details"];
  return isList(details) ? allOrNone(details.map(readDetail)) : [];
}

function allOrNone(blocks: readonly (ContentBlock | undefined)[]): readonly ContentBlock[] {
  return blocks.every((block) => block !== undefined) ? blocks : [];
}

function readBlock(value: JsonValue): ContentBlock | undefined {
  if (!isObject(value)) return undefined;
  const type = textIn(value["type"]);
  if (type === "thinking") return toThinking(value["thinking"], value["signature"]);
  return type === "redacted_thinking" ? toRedacted(value["data"]) : undefined;
}

function readDetail(value: JsonValue): ContentBlock | undefined {
  if (!isObject(value)) return undefined;
  const format = textIn(value["format"]) ?? "anthropic";
  if (!format.startsWith("anthropic")) return undefined;
  const type = textIn(value["type"]);
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

import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import type { ContentBlock } from "../../messages/request";
import type { DroppedMembers } from "../to-messages/dropped-members";
import { isList, isObject, textIn } from "../to-messages/read-value";

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
export function toThinkingBlock(value: JsonValue): ContentBlock | undefined {
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

/** Members that hold thinking, and how one of theirs is read; the first that can be kept counts. */
const DIALECTS = [
  ["thinking_blocks", toThinkingBlock],
  ["reasoning_details", readDetail],
] as const;

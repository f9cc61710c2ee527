import type { JsonValue } from "../json/json-value";
import { isText } from "../json/text";
import type { MessageParam, TextBlock } from "../messages/request";
import { isList, isObject } from "../translate/to-messages/read-value";
import { notWhenEnforced } from "./errors";

/** Roles whose rows a model ranks above everything said before. */
const INSTRUCTING: ReadonlySet<string> = new Set(["system", "developer"]);
const SPEAKING: ReadonlySet<string> = new Set(["user", "assistant"]);
/** Blocks that change tools or rules in the middle of a conversation, or bring in files with instructions. */
const REFUSED_BLOCKS: ReadonlySet<string> = new Set([
  "tool_addition",
  "tool_removal",
  "container_upload",
  "system",
]);

/** A conversation without rows that instruct, and what those rows said. */
export interface LoweredRows {
  readonly messages: readonly MessageParam[];
  readonly instructions: readonly TextBlock[];
}

/**
 * Takes system and developer rows out of a conversation: in the middle of it they would override what stands before it.
 * @throws GatewayError 400 for a role or a block that a key with working rules may not send
 */
export function lowerSystemRows(messages: readonly MessageParam[]): LoweredRows {
  const instructions: TextBlock[] = [];
  let kept: MessageParam[] | undefined;
  messages.forEach((message, index) => {
    if (INSTRUCTING.has(message.role)) {
      kept ??= messages.slice(0, index);
      instructions.push(...requireTextBlocks(message.content, `messages.${index}.content`));
      return;
    }
    if (!SPEAKING.has(message.role))
      throw notWhenEnforced(`messages.${index}.role`, "must be user or assistant");
    if (isList(message.content)) requirePlainBlocks(message.content, `messages.${index}.content`);
    kept?.push(message);
  });
  return { messages: kept ?? messages, instructions };
}

/** Instructions as blocks of text. @throws GatewayError 400 for blocks of another type */
export function requireTextBlocks(content: JsonValue, path: string): readonly TextBlock[] {
  if (isText(content)) return [{ type: "text", text: content }];
  if (!isList(content)) throw notWhenEnforced(path, "must be text or a list of text blocks");
  return content.map((block, index) => {
    if (isObject(block) && block["type"] === "text" && isText(block["text"])) return block as TextBlock;
    throw notWhenEnforced(`${path}.${index}`, "only text blocks may instruct a key with working rules");
  });
}

function requirePlainBlocks(content: readonly JsonValue[], path: string): void {
  content.forEach((block, index) => {
    if (!isObject(block)) return;
    const type = block["type"];
    if (typeof type !== "string") throw notWhenEnforced(`${path}.${index}.type`, "must be a name");
    if (REFUSED_BLOCKS.has(type)) {
      throw notWhenEnforced(`${path}.${index}`, `blocks of type ${type} are not passed on with this key`);
    }
    // What a tool gave back is the only block with blocks inside.
    if (type === "tool_result" && isList(block["content"]))
      requirePlainBlocks(block["content"], `${path}.${index}.content`);
  });
}

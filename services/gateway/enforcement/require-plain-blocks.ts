import type { JsonObject, JsonValue } from "../json/json-value";
import { isAbsent, isList, isObject } from "../translate/to-messages/read-value";
import { notWhenEnforced } from "./errors";

/**
 * Blocks that change tools or rules in the middle of a conversation, bring in files with instructions, or take the place
 * of everything before them.
 */
const REFUSED: ReadonlySet<string> = new Set([
  "tool_addition",
  "tool_removal",
  "container_upload",
  "compaction",
  "system",
]);

/**
 * Holds the content of a turn to what the client itself says in it.
 * @param path of the content, such as `messages.3.content`
 * @throws GatewayError 400 for a block that a key with working rules may not send
 */
export function requirePlainBlocks(content: JsonValue | undefined, path: string): void {
  if (!isList(content)) return;
  content.forEach((block, index) => {
    if (isObject(block)) requirePlain(block, `${path}.${index}`);
  });
}

function requirePlain(block: JsonObject, path: string): void {
  const { type, content, source } = block;
  if (typeof type !== "string") throw notWhenEnforced(`${path}.type`, "must be a name");
  if (REFUSED.has(type))
    throw notWhenEnforced(path, `blocks of type ${type} are not passed on with this key`);
  // Results of tools and documents have blocks inside.
  requirePlainBlocks(content, `${path}.content`);
  if (!isObject(source)) return;
  if (source["type"] === "file" || !isAbsent(source["file_id"])) {
    throw notWhenEnforced(
      `${path}.source`,
      "files that the provider keeps cannot be used; send the data itself",
    );
  }
  requirePlainBlocks(source["content"], `${path}.source.content`);
}

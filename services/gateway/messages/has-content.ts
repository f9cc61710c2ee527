import type { MessageEvent } from "./event";

/**
 * Whether an event carries a part of the answer, of whatever kind. From the first one on an answer belongs to its
 * deployment: what came before may be thrown away and asked for elsewhere.
 * @throws SyntaxError when the event must be read and is not a JSON object
 */
export function hasContent(event: MessageEvent): boolean {
  if (event.type === "content_block_delta") return true;
  if (event.type === "message_start") {
    const message = event.value["message"] as { content?: unknown } | null | undefined;
    return Array.isArray(message?.content) && message.content.length > 0;
  }
  if (event.type !== "content_block_start") return false;
  const block = event.value["content_block"] as StartedBlock | null | undefined;
  if (block?.type === "text") return block.text !== "";
  if (block?.type === "thinking") return block.thinking !== "";
  return true;
}

interface StartedBlock {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly thinking?: unknown;
}

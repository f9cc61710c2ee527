import type { MessageEvent } from "./message-events";

/**
 * Whether an event carries a part of the answer, of whatever kind. From the first one on an answer belongs to
 * its deployment: what came before may be thrown away and asked for elsewhere.
 */
export function hasContent(event: MessageEvent): boolean {
  if (event.type === "content_block_delta") return true;
  if (event.type !== "content_block_start") return false;
  const block = event["content_block"] as { type?: unknown; text?: unknown; thinking?: unknown } | undefined;
  if (block?.type === "text") return block.text !== "";
  if (block?.type === "thinking") return block.thinking !== "";
  return true;
}

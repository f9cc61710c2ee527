import type { ContentBlock, MessageParam } from "../../messages/request";

/** Whether a block is the model's thinking, readable or not. */
export function isThinking(block: ContentBlock): boolean {
  return block.type === "thinking" || block.type === "redacted_thinking";
}

/** Where no thinking is asked for, earlier thinking may not be sent either. */
export function dropThinking(messages: readonly MessageParam[]): readonly MessageParam[] {
  if (!messages.some(hasThinking)) return messages;
  return messages.map((turn) =>
    hasThinking(turn) ? { ...turn, content: blocksOf(turn).filter((block) => !isThinking(block)) } : turn,
  );
}

/**
 * Whether the last step waits for the model to go on after tools, and its thinking before them is not there. Models
 * that think by a budget refuse that; most clients never send thinking back.
 */
export function lacksThinking(messages: readonly MessageParam[]): boolean {
  const last = messages.at(-1);
  if (last === undefined || !blocksOf(last).some(({ type }) => type === "tool_result")) return false;
  const first = blocksOf(messages.at(-2) ?? last)[0];
  return first === undefined || !isThinking(first);
}

/** Whether a turn holds thinking. */
export function hasThinking(turn: MessageParam): boolean {
  return blocksOf(turn).some(isThinking);
}

function blocksOf({ content }: MessageParam): readonly ContentBlock[] {
  return Array.isArray(content) ? (content as readonly ContentBlock[]) : [];
}

import { LEAST_ANSWER_TOKENS, LEAST_THINKING_TOKENS } from "./measure-request";

/**
 * The request with a lower `max_tokens`, and with less thinking where that would not fit any more: a provider refuses
 * a thinking budget that is not below `max_tokens`. One that was not below it before is left as it is.
 */
export function shortenAnswer<Message extends { readonly max_tokens: number; readonly thinking?: unknown }>(
  message: Message,
  maxTokens: number,
): Message {
  if (maxTokens >= message.max_tokens) return message;
  const shortened = { ...message, max_tokens: maxTokens };
  const thinking = message.thinking as { budget_tokens?: unknown } | null | undefined;
  const budget = thinking?.budget_tokens;
  if (typeof budget !== "number" || budget < maxTokens || budget >= message.max_tokens) return shortened;
  const fitting = Math.max(LEAST_THINKING_TOKENS, maxTokens - LEAST_ANSWER_TOKENS);
  return { ...shortened, thinking: { ...thinking, budget_tokens: fitting } };
}

import { GatewayError } from "../errors";
import type { MessagesRequest } from "../messages/request";
import { hasThinking } from "../translate/to-messages/thinking-blocks";

/**
 * How a provider says that thinking of earlier turns is not valid where it stands: another model made it, or what stands
 * before it has changed since, such as working rules that were edited or the tools of this turn.
 */
const SAYS_THINKING = /thinking|signature/i;

/** Whether a provider refused a request for what the model thought in earlier turns, so that it may be asked without. */
export function refusesThinking(error: unknown, { messages }: MessagesRequest): boolean {
  return (
    error instanceof GatewayError &&
    error.status === 400 &&
    SAYS_THINKING.test(error.message) &&
    messages.some(hasThinking)
  );
}

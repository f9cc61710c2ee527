import { isBlankText, isText } from "../json/text";
import type { MessageParam, MessagesRequest } from "../messages/request";
import { isNotBlank } from "../translate/to-messages/blank-text";
import { allowFields } from "./allow-fields";
import { subordinate } from "./enforced-blocks";
import { notWhenEnforced } from "./errors";
import { limitBreakpoints } from "./limit-breakpoints";
import { lowerSystemRows, requireTextBlocks } from "./lower-system-rows";
import type { EnforcementPolicy } from "./policy";
import { requireClientTools } from "./require-client-tools";

/**
 * The request as it may be sent with a key: the key's rules first, the client's instructions below them wherever they
 * stood, and nothing that could set them aside. Without rules only the fields are sorted that nobody may send.
 *
 * The rules reach the model unchanged, in the strongest place that there is. Whether it follows them against a text
 * that argues otherwise is beyond what a gateway can promise.
 * @throws GatewayError 400 for what cannot be left out without changing what the request means
 */
export function enforce(request: MessagesRequest, policy: EnforcementPolicy): MessagesRequest {
  const isEnforced = policy.blocks.length > 0;
  const allowed = allowFields(request, isEnforced);
  if (!isEnforced) return allowed;
  requireClientTools(allowed["tools"]);
  const { messages, instructions } = lowerSystemRows(allowed.messages);
  if (messages.length === 0) throw notWhenEnforced("messages", "must have at least one turn of the user");
  // Words put into the assistant's mouth are the beginning of an answer that the rules never saw. A provider might pass
  // over a turn that says nothing.
  if (messages.at(-1)?.role === "assistant" || messages.findLast(saysSomething)?.role === "assistant") {
    throw notWhenEnforced(
      `messages.${request.messages.length - 1}`,
      "a request with this key must end with a turn of the user; the beginning of an answer cannot be given",
    );
  }
  const client = allowed.system === undefined ? [] : requireTextBlocks(allowed.system, "system");
  return limitBreakpoints({
    ...allowed,
    system: subordinate(policy, [...client, ...instructions]),
    messages,
  });
}

function saysSomething({ content }: MessageParam): boolean {
  return isText(content) ? !isBlankText(content) : content.some(isNotBlank);
}

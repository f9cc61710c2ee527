import type { CollectedBlock, CollectedMessage } from "../../messages/collected-message";
import type { AnswerIdentity } from "../answer-identity";

/** A whole message of Anthropic's API: what the provider said, with the name that the client asked for. */
export function toAnswer(message: CollectedMessage, identity: AnswerIdentity): CollectedMessage {
  return { ...message, model: identity.model, content: message.content.map(withoutInputJson) };
}

/** `inputJson` is no member of Anthropic's API. */
function withoutInputJson({ inputJson: _json, ...block }: CollectedBlock): CollectedBlock {
  return { ...block, type: block.type };
}

import type { JsonObject, JsonValue } from "../../json/json-value";
import type { MessagesRequest, MessagesTarget } from "../../messages/request";
import { isAbsent, kindOf, numberIn, requireText } from "../to-messages/read-value";
import { TranslationError } from "../translation-error";
import { readConversation, readSystem } from "./read-conversation";
import { ruleOf } from "./request-fields";
import { allowToolMembers } from "./tool-members";

/** What a request to `/v1/messages` says about its answer: nothing, the answer is passed on. */
export type MessagesAnswerPlan = Readonly<Record<string, never>>;

/** A request as it is sent on, and names of the client's fields that no provider is sent. */
export interface ReadMessages {
  readonly request: MessagesRequest;
  readonly droppedParams: readonly string[];
  readonly plan: MessagesAnswerPlan;
}

/**
 * Request to `/v1/messages` → Anthropic message. The client speaks the internal form already, so only what the gateway
 * reads is checked; the rest is the provider's to judge, with its own words.
 * @throws TranslationError naming the field
 */
export function toMessages(body: JsonObject, target: MessagesTarget): ReadMessages {
  return readRequest(body, target, readMaxTokens(body["max_tokens"], target.maxOutputTokens));
}

/** Request to `/v1/messages/count_tokens` → Anthropic message that is only counted. @throws TranslationError */
export function toCountedMessages(body: JsonObject, target: MessagesTarget): ReadMessages {
  // The length of an answer does not matter, and is not sent.
  return readRequest(body, target, 1);
}

function readRequest(body: JsonObject, target: MessagesTarget, maxTokens: number): ReadMessages {
  requireText(body["model"], "model");
  // Whether the answer is streamed to the client is not the provider's matter.
  const { stream: _stream, ...fields } = body;
  const { tools, droppedParams } = allowToolMembers(body["tools"]);
  return {
    request: {
      ...fields,
      ...(tools === undefined ? {} : { tools }),
      model: target.upstreamModel,
      max_tokens: maxTokens,
      system: readSystem(body["system"]),
      messages: readConversation(body["messages"]),
    },
    droppedParams: [
      ...Object.keys(fields).filter((field) => !isAbsent(body[field]) && ruleOf(field, false) === "drop"),
      ...droppedParams,
    ],
    plan: {},
  };
}

/** @param most what the deployment allows */
function readMaxTokens(value: JsonValue | undefined, most: number | undefined): number {
  const tokens = numberIn(value);
  if (tokens === 0) {
    throw new TranslationError(
      "max_tokens",
      "max_tokens must be at least 1; filling a cache with 0 is not supported",
    );
  }
  if (tokens === undefined || !Number.isSafeInteger(tokens) || tokens < 1) {
    const kind = tokens === undefined ? `, not ${kindOf(value)}` : "";
    throw new TranslationError("max_tokens", `max_tokens must be a whole number of at least 1${kind}`);
  }
  return most === undefined ? tokens : Math.min(tokens, most);
}

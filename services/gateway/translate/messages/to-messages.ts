import type { JsonObject, JsonValue } from "../../json/json-value";
import type { MessagesRequest, MessagesTarget } from "../../messages/request";
import { GATEWAY_FIELDS, GATEWAY_METADATA } from "../to-messages/gateway-fields";
import { joinLists } from "../to-messages/join-lists";
import { notTokens, readMaxTokens, tellShortened } from "../to-messages/max-tokens";
import { findCapabilities } from "../to-messages/model-capabilities";
import { isAbsent, isList, isObject, kindOf, numberIn, requireText, textIn } from "../to-messages/read-value";
import { TranslationError } from "../translation-error";
import { readConversation, readSystem } from "./read-conversation";
import { NOT_FOR_INVOKE, ruleOf } from "./request-fields";
import { allowToolMembers } from "./tool-members";

/** What a request to `/v1/messages` says about its answer, which is passed on as it is. */
export interface MessagesAnswerPlan {
  /** What is sent otherwise than the client asked, as short codes for a header. @default - nothing */
  readonly degradations?: readonly string[];
}

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
  const asked = requireMaxTokens(body["max_tokens"]);
  // A provider refuses more than that. It is also what has to be put aside for an answer.
  const most =
    target.maxOutputTokens ?? findCapabilities(target.baseModel ?? target.upstreamModel).maxOutputTokens;
  const read = readRequest(withoutGeo(body, target), target, Math.min(asked, most));
  const dropped = isAbsent(body["inference_geo"]) || target.api === "anthropic" ? [] : ["inference_geo"];
  return {
    ...read,
    droppedParams: joinLists(read.droppedParams, dropped),
    plan: asked <= most ? read.plan : { degradations: tellShortened(asked, most) },
  };
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
      ...Object.keys(fields).filter((field) => !isAbsent(body[field]) && isDropped(field, target)),
      ...droppedParams,
      ...droppedMetadata(body["metadata"], target),
      ...(target.api === "bedrock-invoke" ? droppedForInvoke(body) : []),
    ],
    plan: {},
  };
}

/** Whether a field is not sent, and that is to be told. */
function isDropped(field: string, { api }: MessagesTarget): boolean {
  if (GATEWAY_FIELDS.includes(field)) return false;
  return ruleOf(field, false) === "drop" || (api === "bedrock-invoke" && NOT_FOR_INVOKE.has(field));
}

/** Labels that are meant for gateways: providers take the user alone. */
function droppedMetadata(metadata: JsonValue | undefined, target: MessagesTarget): readonly string[] {
  if (!isObject(metadata) || isDropped("metadata", target)) return [];
  return Object.keys(metadata)
    .filter((name) => name !== "user_id" && !GATEWAY_METADATA.includes(name) && !isAbsent(metadata[name]))
    .map((name) => `metadata.${name}`);
}

/** What `shapeBody` takes out of the inside of fields. */
function droppedForInvoke({ tools, tool_choice: choice }: JsonObject): readonly string[] {
  const isEager = (tool: JsonValue) => isObject(tool) && tool["eager_input_streaming"] === true;
  return [
    ...(isList(tools) && tools.some(isEager) ? ["tools.eager_input_streaming"] : []),
    ...(isObject(choice) && choice["disable_parallel_tool_use"] === true
      ? ["tool_choice.disable_parallel_tool_use"]
      : []),
  ];
}

/**
 * Bedrock answers in the region of the deployment, which is anywhere enough for `global` and not for any other wish.
 * @throws TranslationError
 */
function withoutGeo(body: JsonObject, { api }: MessagesTarget): JsonObject {
  const { inference_geo: geo, ...others } = body;
  if (isAbsent(geo) || api === "anthropic") return body;
  if (textIn(geo) === "global") return others;
  throw new TranslationError(
    "inference_geo",
    "inference_geo can only be global here: this model is answered by Amazon Bedrock, in the region of its deployment",
  );
}

function requireMaxTokens(value: JsonValue | undefined): number {
  if (numberIn(value) === 0) {
    throw new TranslationError(
      "max_tokens",
      "max_tokens must be at least 1; filling a cache with 0 is not supported",
    );
  }
  const tokens = readMaxTokens(value, "max_tokens");
  if (tokens === undefined) throw notTokens("max_tokens", kindOf(value));
  return tokens;
}

import type { JsonObject } from "../../json/json-value";
import type { MessagesRequest, MessagesTarget } from "../../messages/request";
import { buildRequest } from "../to-messages/build-request";
import { readCacheControl } from "../to-messages/cache-control";
import { joinLists } from "../to-messages/join-lists";
import { isAbsent } from "../to-messages/read-value";
import { readSampling } from "../to-messages/sampling";
import { sortParams } from "../to-messages/sort-params";
import type { ChatAnswerPlan } from "./answer-plan";
import {
  isNeutralField,
  readIncludeUsage,
  readMaxTokens,
  readStopSequences,
  readUser,
  requireOneTextAnswer,
  TRANSLATED_FIELDS,
} from "./chat-fields";
import { readMessages } from "./read-messages";
import { readReasoningWish } from "./reasoning-wish";
import { readResponseFormat } from "./response-format";
import { readToolDefinitions } from "./tool-definitions";
import { readToolSelection } from "./tool-selection";

/** A request for Anthropic, what was left out of it, and what its answer's translation must know. */
export interface TranslatedChat {
  readonly request: MessagesRequest;
  /** Names of the client's fields that have no counterpart, or that the model or its provider does not take. */
  readonly droppedParams: readonly string[];
  readonly plan: ChatAnswerPlan;
}

/**
 * OpenAI chat completion → Anthropic message. Only what is read here is sent: a field that the gateway does not know
 * never reaches the provider.
 * @throws TranslationError naming the field
 */
export function toMessages(body: JsonObject, target: MessagesTarget): TranslatedChat {
  requireOneTextAnswer(body);
  const unknown = sortParams(body, TRANSLATED_FIELDS, isNeutralField, target.mayDropParams);
  const isLegacy =
    isAbsent(body["tools"]) && !(isAbsent(body["functions"]) && isAbsent(body["function_call"]));
  const { system, items, lastPath } = readMessages(body["messages"], target);
  const { request, renamedTools, hiddenJsonTool, isJsonText, degradations, droppedParams } = buildRequest(
    {
      system,
      items,
      path: "messages",
      lastPath,
      tools: readToolDefinitions(body),
      selection: readToolSelection(body, isLegacy),
      outputFormat: readResponseFormat(body["response_format"]),
      reasoning: readReasoningWish(body),
      sampling: readSampling(body),
      stopSequences: readStopSequences(body["stop"]),
      maxTokens: readMaxTokens(body),
      user: readUser(body),
      cacheControl: readCacheControl(body["cache_control"]),
    },
    target,
  );
  return {
    request,
    // A field may have several names, and some follow from others.
    droppedParams: joinLists(
      unknown,
      droppedParams.length === 0 ? droppedParams : droppedParams.filter((name) => body[name] !== undefined),
    ),
    plan: {
      includeUsage: readIncludeUsage(body["stream_options"]),
      renamedTools,
      hiddenJsonTool,
      isJsonText,
      isLegacyFunctionCall: isLegacy,
      degradations,
    },
  };
}

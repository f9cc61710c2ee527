import type { JsonObject } from "../../json/json-value";
import type { MessagesRequest, MessagesTarget } from "../../messages/request";
import { buildRequest } from "../to-messages/build-request";
import { readCacheControl } from "../to-messages/cache-control";
import { DroppedMembers } from "../to-messages/dropped-members";
import { joinLists } from "../to-messages/join-lists";
import { isAbsent, isObject } from "../to-messages/read-value";
import { readSampling } from "../to-messages/sampling";
import { sortParams } from "../to-messages/sort-params";
import type { ChatAnswerPlan } from "./answer-plan";
import {
  hasBlankStop,
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
  const dropped = new DroppedMembers();
  const { system, items, lastPath } = readMessages(body["messages"], { target, dropped });
  noteInside(body, dropped);
  const { request, renamedTools, hiddenJsonTool, isJsonText, degradations, ...lost } = buildRequest(
    {
      system,
      items,
      path: "messages",
      lastPath,
      tools: readToolDefinitions(body, dropped),
      selection: readToolSelection(body, isLegacy),
      outputFormat: readResponseFormat(body["response_format"]),
      reasoning: readReasoningWish(body),
      sampling: readSampling(body),
      stopSequences: readStopSequences(body["stop"]),
      maxTokens: readMaxTokens(body),
      user: readUser(body),
      cacheControl: readCacheControl(body["cache_control"]),
      dropped,
    },
    target,
  );
  return {
    request,
    // A field may have several names, and some follow from others.
    droppedParams: joinLists(joinLists(unknown, sentParams(lost.droppedParams, body)), lost.droppedMembers),
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

function sentParams(names: readonly string[], body: JsonObject): readonly string[] {
  return names.length === 0 ? names : names.filter((name) => body[name] !== undefined);
}

/** What is read of the inside of fields, whose other members are told. */
const INSIDE: readonly (readonly [field: string, read: ReadonlySet<string>])[] = [
  ["reasoning", new Set(["effort", "enabled", "exclude", "max_tokens"])],
  ["stream_options", new Set(["include_usage"])],
  ["thinking", new Set(["type", "budget_tokens", "display"])],
];

function noteInside(body: JsonObject, dropped: DroppedMembers): void {
  for (const [field, read] of INSIDE) {
    const value = body[field];
    if (isObject(value)) dropped.addOthers(value, read, field);
  }
  if (hasBlankStop(body["stop"])) dropped.add("stop");
}

import {
  isAbsent,
  isObject,
  kindOf,
  quote,
  requireObject,
  stringIn,
  TranslationError,
  textIn,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import type { MessagesRequest, MessagesTarget } from "../internal/request";
import { buildRequest } from "../shared/build-request";
import { readCacheControl } from "../shared/cache-control";
import { joinLists } from "../shared/conversation";
import type { OutputFormat } from "../shared/output-schema";
import { DroppedMembers, dropUnknownParams, readSampling } from "../shared/request-params";
import type { ChatAnswerPlan } from "./answer-parts";
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
import { readReasoningOptions } from "./reasoning";
import { readToolDefinitions, readToolSelection } from "./tools";

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
  const unknown = dropUnknownParams(body, TRANSLATED_FIELDS, isNeutralField, target.mayDropParams);
  const isLegacy =
    isAbsent(body["tools"]) && !(isAbsent(body["functions"]) && isAbsent(body["function_call"]));
  const dropped = new DroppedMembers();
  const { system, items, lastPath } = readMessages(body["messages"], { target, dropped });
  recordDroppedMembers(body, dropped);
  const { request, renamedTools, hiddenJsonTool, isJsonText, degradations, ...lost } = buildRequest(
    {
      system,
      items,
      path: "messages",
      lastPath,
      tools: readToolDefinitions(body, dropped),
      selection: readToolSelection(body, isLegacy),
      outputFormat: readResponseFormat(body["response_format"]),
      reasoning: readReasoningOptions(body),
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
const NESTED_MEMBERS: readonly (readonly [field: string, read: ReadonlySet<string>])[] = [
  ["reasoning", new Set(["effort", "enabled", "exclude", "max_tokens"])],
  ["stream_options", new Set(["include_usage"])],
  ["thinking", new Set(["type", "budget_tokens", "display"])],
];

function recordDroppedMembers(body: JsonObject, dropped: DroppedMembers): void {
  for (const [field, read] of NESTED_MEMBERS) {
    const value = body[field];
    if (isObject(value)) dropped.addOthers(value, read, field);
  }
  if (hasBlankStop(body["stop"])) dropped.add("stop");
}

/** `response_format`. @throws TranslationError */
export function readResponseFormat(value: JsonValue | undefined): OutputFormat {
  if (isAbsent(value)) return { kind: "text" };
  const format = requireObject(value, "response_format");
  const type = stringIn(format["type"]);
  switch (type) {
    case "text":
      return { kind: "text" };
    case "json_object":
      return { kind: "json-object" };
    case "json_schema": {
      const path = "response_format.json_schema";
      const { schema, description } = requireObject(format["json_schema"], path) as {
        readonly [name: string]: JsonValue | undefined;
      };
      return {
        kind: "json-schema",
        schema,
        description: textIn(description),
        path: `${path}.schema`,
      };
    }
    default: {
      const found = type === undefined ? kindOf(format["type"]) : quote(type);
      throw new TranslationError(
        "response_format.type",
        `response_format.type must be text, json_object or json_schema, not ${found}`,
      );
    }
  }
}

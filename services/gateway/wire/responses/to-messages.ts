import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  notSupported,
  quote,
  requireObject,
  stringIn,
  TranslationError,
  textIn,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { isText } from "../../json/text";
import { readUser } from "../chat-completions/chat-fields";
import type { MessagesRequest, MessagesTarget, TextBlock } from "../internal/request";
import { buildRequest } from "../shared/build-request";
import { readCacheControl } from "../shared/cache-control";
import { dropBlank } from "../shared/conversation";
import type { Effort } from "../shared/model-capabilities";
import type { OutputFormat } from "../shared/output-schema";
import type { ReasoningOptions } from "../shared/reasoning";
import {
  DroppedMembers,
  dropUnknownParams,
  GATEWAY_FIELDS,
  isEmpty,
  printableName,
  readMaxTokens,
  readSampling,
} from "../shared/request-params";
import { textBlock } from "./content-parts";
import { readInput } from "./input-items";
import type { ResponsesAnswerPlan } from "./response-object";
import { readSelection, readTools } from "./tools";

/** A Responses request as a Messages request, and what was left out of it. */
export interface TranslatedResponsesRequest {
  readonly request: MessagesRequest;
  /** Names of fields, tools and items that have no counterpart. */
  readonly droppedParams: readonly string[];
  readonly plan: ResponsesAnswerPlan;
}

/**
 * OpenAI response → Anthropic message. Nothing is kept between requests: `store` is treated as `false`, and what needs a
 * stored response is refused.
 * @throws TranslationError naming the field
 */
export function toMessages(body: JsonObject, target: MessagesTarget): TranslatedResponsesRequest {
  const unknown = dropUnknownFields(body, target.mayDropParams);
  const dropped = new DroppedMembers();
  recordDroppedMembers(body, dropped);
  const input = readInput(body["input"], target, dropped);
  const tools = readTools(
    { tools: body["tools"], path: "tools" },
    input.tools,
    target.mayDropParams,
    dropped,
  );
  const reasoning = readReasoning(body["reasoning"]);
  const includesEncryptedReasoning = includesReasoning(body["include"]);
  const built = buildRequest(
    {
      system: dropBlank([...readInstructions(body["instructions"]), ...input.system]) as readonly TextBlock[],
      items: input.items,
      path: "input",
      lastPath: input.lastPath,
      tools: tools.definitions,
      selection: readSelection(body),
      outputFormat: readTextFormat(body["text"]),
      reasoning: reasoning.options,
      sampling: readSampling(body),
      stopSequences: [],
      maxTokens: readMaxTokens(body["max_output_tokens"], "max_output_tokens"),
      user: readUser(body),
      cacheControl: readCacheControl(body["cache_control"]),
      dropped,
    },
    target,
  );
  return {
    request: built.request,
    droppedParams: [
      ...unknown,
      ...tools.droppedParams,
      ...input.droppedParams,
      ...built.droppedParams.filter((name) => body[name] !== undefined),
      ...built.droppedMembers,
    ],
    plan: {
      settings: readSettings(body, built.request),
      tools: tools.byUpstreamName,
      hiddenJsonTool: built.hiddenJsonTool,
      isJsonText: built.isJsonText,
      showsReasoning: reasoning.isShown,
      includesEncryptedReasoning,
      upstreamModel: target.upstreamModel,
      degradations: [
        ...built.degradations,
        ...(stringIn(body["truncation"]) === "auto" ? ["truncation=disabled"] : []),
        ...(body["store"] === true ? ["store=false"] : []),
      ],
    },
  };
}

function readInstructions(instructions: JsonValue | undefined): readonly TextBlock[] {
  if (isAbsent(instructions)) return [];
  if (isText(instructions)) return [textBlock(instructions)];
  throw new TranslationError("instructions", `instructions must be a string, not ${kindOf(instructions)}`);
}

/**
 * What every `response` object repeats of its request. Where the request leaves something open, or asks for what this
 * gateway does not do, it says what was done: nothing is stored, nothing is cut off.
 * @param request as it is sent to the provider
 */
export function readSettings(body: JsonObject, request: MessagesRequest): JsonObject {
  const reasoning: JsonObject = isObject(body["reasoning"]) ? body["reasoning"] : {};
  const text: JsonObject = isObject(body["text"]) ? body["text"] : {};
  return {
    access_programs: null,
    background: false,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    max_tool_calls: null,
    metadata: isObject(body["metadata"]) ? body["metadata"] : {},
    parallel_tool_calls: body["parallel_tool_calls"] !== false,
    previous_response_id: null,
    prompt_cache_key: body["prompt_cache_key"] ?? null,
    reasoning: { effort: reasoning["effort"] ?? null, summary: reasoning["summary"] ?? null },
    safety_identifier: body["safety_identifier"] ?? null,
    service_tier: "default",
    store: false,
    temperature: request["temperature"] ?? 1,
    text: { format: text["format"] ?? { type: "text" }, verbosity: "medium" },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: isList(body["tools"]) ? body["tools"].map(withDefaults) : [],
    top_logprobs: 0,
    top_p: request["top_p"] ?? 1,
    truncation: "disabled",
    user: isAbsent(body["user"]) ? undefined : body["user"],
  };
}

/** Members that a function has in answers, also when it was sent without them. */
function withDefaults(tool: JsonValue): JsonValue {
  if (!isObject(tool) || stringIn(tool["type"]) !== "function") return tool;
  return { ...tool, parameters: tool["parameters"] ?? null, strict: tool["strict"] ?? false };
}

/** `text`: how the answer looks. @throws TranslationError for a format that this API does not have */
export function readTextFormat(text: JsonValue | undefined): OutputFormat {
  const format = isAbsent(text) ? undefined : requireObject(text, "text")["format"];
  if (isAbsent(format)) return { kind: "text" };
  const given = requireObject(format, "text.format");
  const type = stringIn(given["type"]);
  if (type === "text") return { kind: "text" };
  if (type === "json_object") return { kind: "json-object" };
  if (type === "json_schema") {
    const { schema, description } = given;
    return {
      kind: "json-schema",
      schema,
      description: textIn(description),
      path: "text.format.schema",
    };
  }
  throw new TranslationError(
    "text.format.type",
    `text.format.type must be text, json_object or json_schema, not ${quote(type ?? "")}`,
  );
}

const EFFORTS: ReadonlySet<string> = new Set(["minimal", "low", "medium", "high", "xhigh", "max"]);

/** What the client wants of the model's reasoning. */
export interface ReadReasoning {
  readonly options: ReasoningOptions;
  /** Whether it wants to see a summary. */
  readonly isShown: boolean;
}

/** `reasoning`. @throws TranslationError for a level that this API does not have */
export function readReasoning(reasoning: JsonValue | undefined): ReadReasoning {
  const given: JsonObject = isAbsent(reasoning) ? {} : requireObject(reasoning, "reasoning");
  // `generate_summary` is the old name.
  const isShown = !isAbsent(given["summary"]) || !isAbsent(given["generate_summary"]);
  if (isAbsent(given["effort"])) return { options: { kind: "default" }, isShown };
  const effort = stringIn(given["effort"]);
  if (effort === "none") return { options: { kind: "off" }, isShown };
  if (effort !== undefined && EFFORTS.has(effort)) {
    return { options: { kind: "effort", effort: effort as "minimal" | Effort, isHidden: !isShown }, isShown };
  }
  throw new TranslationError(
    "reasoning.effort",
    `reasoning.effort must be none, ${[...EFFORTS].join(", ")}, not ${effort === undefined ? kindOf(given["effort"]) : quote(effort)}`,
  );
}

/** `include`: all it can name but the reasoning is about tools that only OpenAI has. @throws TranslationError */
export function includesReasoning(include: JsonValue | undefined): boolean {
  if (isAbsent(include)) return false;
  if (!isList(include)) {
    throw new TranslationError("include", `include must be an array of names, not ${kindOf(include)}`);
  }
  return include.some((name) => stringIn(name) === "reasoning.encrypted_content");
}

/** Fields that are translated, that the answer repeats, or that `recordDroppedMembers` tells of. */
const TRANSLATED_FIELDS: ReadonlySet<string> = new Set([
  ...GATEWAY_FIELDS,
  "cache_control",
  "client_metadata",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "metadata",
  "model",
  "parallel_tool_calls",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "store",
  "stream",
  "stream_options",
  "temperature",
  "text",
  "tool_choice",
  "tools",
  "top_k",
  "top_p",
  "truncation",
  "user",
]);

const SEND_ALL =
  "responses are not stored, so send the whole conversation in input, with store: false and include: reasoning.encrypted_content";

/** Fields whose loss would change what is asked. */
const REFUSED_FIELDS: readonly (readonly [field: string, remedy: string])[] = [
  ["background", "send background: false and stream the answer, or wait for it"],
  ["conversation", SEND_ALL],
  ["previous_response_id", SEND_ALL],
  ["prompt", "send the text of the prompt in instructions and input"],
];

/**
 * Looks at every field of a request, so that none is lost without a word.
 * @returns names of the fields that are left out
 * @throws TranslationError for a field that would change the answer and cannot be said
 */
export function dropUnknownFields(body: JsonObject, mayDrop: boolean): readonly string[] {
  for (const [field, remedy] of REFUSED_FIELDS) {
    const value = body[field];
    if (!isAbsent(value) && value !== false) throw notSupported(field, remedy);
  }
  return dropUnknownParams(body, TRANSLATED_FIELDS, isNeutral, mayDrop);
}

/** Values that mean the same as leaving the field away. */
function isNeutral(field: string, value: JsonValue): boolean {
  if (field === "service_tier") return ["auto", "default"].includes(stringIn(value) ?? "");
  return field === "top_logprobs" && value === 0;
}

/** Fields that say how OpenAI is to cache and to store. They change no answer, so they are told and never refused. */
const OPENAI_ONLY = [
  "client_metadata",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
] as const;

/** What is read of the inside of fields, and values of other members that are what is done anyway. */
const NESTED_MEMBERS: readonly (readonly [
  field: string,
  read: ReadonlySet<string>,
  usual: ReadonlySet<string>,
])[] = [
  ["reasoning", new Set(["effort", "summary", "generate_summary"]), new Set(["auto", "standard"])],
  ["stream_options", new Set(), new Set()],
  ["text", new Set(["format"]), new Set(["medium"])],
];

/** Notes what the inside of a request loses, and fields that only mean something to OpenAI. */
export function recordDroppedMembers(body: JsonObject, dropped: DroppedMembers): void {
  for (const field of OPENAI_ONLY) if (!isEmpty(body[field])) dropped.add(field);
  for (const [field, read, usual] of NESTED_MEMBERS) {
    const value = body[field];
    if (!isObject(value)) continue;
    for (const name of Object.keys(value)) {
      if (read.has(name) || isEmpty(value[name]) || usual.has(stringIn(value[name]) ?? "")) continue;
      dropped.add(`${field}.${printableName(name)}`);
    }
  }
  const include = body["include"];
  for (const entry of isList(include) ? include : []) {
    const name = stringIn(entry);
    if (name !== undefined && name !== "reasoning.encrypted_content")
      dropped.add(`include.${printableName(name)}`);
  }
}

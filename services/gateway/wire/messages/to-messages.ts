import {
  isAbsent,
  isList,
  isObject,
  kindOf,
  numberIn,
  requireList,
  requireObject,
  requireText,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue } from "../../json/json-value";
import { isBlankText, isText } from "../../json/text";
import {
  type ContentBlock,
  type MessageParam,
  type MessagesRequest,
  type MessagesTarget,
  type TextBlock,
  toolKind,
} from "../internal/request";
import { joinLists } from "../shared/conversation";
import { findCapabilities } from "../shared/model-capabilities";
import {
  GATEWAY_FIELDS,
  GATEWAY_METADATA,
  maxTokensDegradation,
  notTokens,
  readMaxTokens,
} from "../shared/request-params";
import { NOT_FOR_INVOKE, ruleOf } from "./request-fields";

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
    plan: asked <= most ? read.plan : { degradations: maxTokensDegradation(asked, most) },
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
 * Bedrock answers in the region of the deployment, which is anywhere enough for `global` and not for any other value.
 * @throws TranslationError
 */
function withoutGeo(body: JsonObject, { api }: MessagesTarget): JsonObject {
  const { inference_geo: geo, ...others } = body;
  if (isAbsent(geo) || api === "anthropic") return body;
  if (stringIn(geo) === "global") return others;
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

/**
 * Checks that `messages` is a conversation as far as the gateway reads it. Roles and blocks that it does not know stay,
 * and so does every block as it is: thinking is valid only unchanged.
 * @throws TranslationError naming the field
 */
export function readConversation(value: JsonValue | undefined): readonly MessageParam[] {
  const messages = requireList(value, "messages");
  if (messages.length === 0)
    throw new TranslationError("messages", "messages must have at least one message");
  messages.forEach((message, index) => {
    const path = `messages.${index}`;
    const { role, content } = requireObject(message, path);
    if (typeof role !== "string" || role === "") {
      throw new TranslationError(
        `${path}.role`,
        `${path}.role must be the name of a role, not ${kindOf(role)}`,
      );
    }
    if (!isText(content)) requireBlocks(content, `${path}.content`);
  });
  return messages as readonly MessageParam[];
}

/** Instructions as blocks; `undefined` for none. @throws TranslationError naming the field */
export function readSystem(value: JsonValue | undefined): readonly TextBlock[] | undefined {
  if (isAbsent(value)) return undefined;
  // Blank text in a block would be refused, as one text it means nothing.
  if (isText(value)) return isBlankText(value) ? undefined : [{ type: "text", text: value }];
  const blocks = requireBlocks(value, "system");
  return blocks.length === 0 ? undefined : (blocks as readonly TextBlock[]);
}

function requireBlocks(value: JsonValue | undefined, path: string): readonly ContentBlock[] {
  if (!isList(value)) {
    throw new TranslationError(
      path,
      `${path} must be a string or an array of content blocks, not ${kindOf(value)}`,
    );
  }
  value.forEach((block, index) => {
    const type = isObject(block) ? block["type"] : undefined;
    if (typeof type === "string" && type !== "") return;
    throw new TranslationError(
      `${path}.${index}`,
      isObject(block)
        ? `${path}.${index}.type must be the name of a type, not ${kindOf(type)}`
        : `${path}.${index} must be a content block, not ${kindOf(block)}`,
    );
  });
  return value as readonly ContentBlock[];
}

/** Members that tools of nearly every type may have. */
const EVERY = ["type", "name", "cache_control", "allowed_callers", "defer_loading", "strict"];
const CUSTOM = ["description", "input_schema", "input_examples", "eager_input_streaming"];
const SEARCH = ["max_uses", "allowed_domains", "blocked_domains", "response_inclusion"];

/**
 * Documented members of a tool beside `EVERY`, by its type without a date. Other members never reach a provider:
 * clients of LiteLLM put addresses and credentials there (`api_base`, `api_key`, `extra_headers`).
 */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ["custom", CUSTOM],
  ["bash", ["input_examples"]],
  ["memory", ["input_examples"]],
  ["text_editor", ["input_examples", "max_characters"]],
  ["computer", ["input_examples", "display_width_px", "display_height_px", "display_number", "enable_zoom"]],
  ["computer_toolset", ["configs"]],
  ["browser_toolset", ["configs"]],
  ["code_execution", []],
  ["tool_search_tool_regex", []],
  ["tool_search_tool_bm25", []],
  ["web_search", [...SEARCH, "user_location"]],
  ["web_fetch", [...SEARCH, "citations", "max_content_tokens", "url_sources", "use_cache"]],
  ["mcp_toolset", ["mcp_server_name", "default_config", "configs", "tools"]],
  // Not `model`: it could be one that the key may not use, and whose price nobody put aside.
  ["advisor", ["caching", "max_tokens", "max_uses"]],
]);

/** Kinds of tools that have members of their own. */
export const TOOL_KINDS: readonly string[] = [...MEMBERS.keys()];

const ALLOWED: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...MEMBERS].map(([type, members]) => [type, new Set([...EVERY, ...members])]),
);
/** For types that are newer than this table. */
const KNOWN: ReadonlySet<string> = new Set([...EVERY, ...[...MEMBERS.values()].flat()]);

/** Tools as they may be sent, and what was left out of them, as `tools.<member>`, each once. */
export interface AllowedTools {
  readonly tools: JsonValue | undefined;
  readonly droppedParams: readonly string[];
}

/** Leaves undocumented members out of tools, for every key. What is no list of tools is the provider's to judge. */
export function allowToolMembers(tools: JsonValue | undefined): AllowedTools {
  if (!isList(tools)) return { tools, droppedParams: [] };
  const dropped = new Set<string>();
  const allowed = tools.map((tool) => (isObject(tool) ? withoutOthers(tool, dropped) : tool));
  // The client's own list where nothing was left out of it.
  if (allowed.every((tool, index) => tool === tools[index])) return { tools, droppedParams: [] };
  return { tools: allowed, droppedParams: [...dropped] };
}

function withoutOthers(tool: JsonObject, dropped: Set<string>): JsonObject {
  const allowed = membersOf(tool["type"]);
  const names = Object.keys(tool);
  if (names.every((name) => allowed.has(name))) return tool;
  const kept: Record<string, JsonObject[string]> = {};
  for (const name of names) {
    if (allowed.has(name)) kept[name] = tool[name];
    else if (!isAbsent(tool[name])) dropped.add(`tools.${name}`);
  }
  return kept;
}

function membersOf(type: JsonValue | undefined): ReadonlySet<string> {
  return ALLOWED.get(toolKind(type) ?? "") ?? KNOWN;
}

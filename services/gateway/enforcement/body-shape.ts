import type { JsonObject, JsonValue } from "../json/json-value";
import type { MessagesRequest } from "../messages/request";
import { NOT_FOR_INVOKE } from "../translate/messages/request-fields";
import { isList, isObject } from "../translate/to-messages/read-value";

/** How an upstream API wants the same request written. */
export interface BodyShape {
  /** `anthropic`, `bedrock-messages`: Messages API. `bedrock-invoke`: InvokeModel. `count-tokens`: no answer is made. */
  readonly api: "anthropic" | "bedrock-messages" | "bedrock-invoke" | "count-tokens";
  /** Beta features for InvokeModel, which reads them from the body; other APIs read a header. @default - none */
  readonly betas?: readonly string[];
  /** About how many bytes the body will have, such as those of the client's. @default - few */
  readonly expectedBytes?: number;
}

/** The only version that all models on Bedrock accept. */
const BEDROCK_VERSION = "bedrock-2023-05-31";

/** What counting reads; the rest says how to answer. */
const FOR_COUNTING: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
  "output_format",
  "cache_control",
  "context_management",
  "mcp_servers",
]);

/**
 * The request in the words of an upstream API. `system` comes first, so that what is written can be checked: a member
 * keeps the place where it was named first.
 */
export function shapeBody(request: MessagesRequest, { api, betas = [] }: BodyShape): JsonObject {
  const { system } = request;
  switch (api) {
    case "anthropic":
    case "bedrock-messages":
      // Always streamed, also for an answer in one piece: a long one would run into the time limits of every hop.
      return { system, ...request, stream: true };
    case "bedrock-invoke":
      return {
        system,
        anthropic_version: BEDROCK_VERSION,
        anthropic_beta: betas.length > 0 ? betas : undefined,
        ...pick(request, (field) => field !== "model" && !NOT_FOR_INVOKE.has(field)),
        tools: toolsForInvoke(request["tools"]),
        tool_choice: without(request["tool_choice"], "disable_parallel_tool_use"),
        thinking: thinkingForInvoke(request["thinking"]),
      };
    case "count-tokens":
      return { system, ...pick(request, (field) => FOR_COUNTING.has(field)) };
  }
}

function pick(object: JsonObject, isWanted: (field: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([field]) => isWanted(field)));
}

/** @returns the value itself when it has no such member */
function without(value: JsonValue | undefined, field: string): JsonValue | undefined {
  return isObject(value) && value[field] !== undefined ? { ...value, [field]: undefined } : value;
}

function toolsForInvoke(tools: JsonValue | undefined): JsonValue | undefined {
  return isList(tools) ? tools.map((tool) => without(tool, "eager_input_streaming") as JsonValue) : tools;
}

/** InvokeModel has its own name for what happens to thinking that belongs to another conversation. */
function thinkingForInvoke(thinking: JsonValue | undefined): JsonValue | undefined {
  const binding = isObject(thinking) ? thinking["block_binding"] : undefined;
  if (!isObject(thinking) || !isObject(binding)) return thinking;
  const { prefix_mismatch_behavior: behavior, ...others } = binding;
  if (behavior === undefined) return thinking;
  return { ...thinking, block_binding: { ...others, mismatch_behavior: behavior } };
}

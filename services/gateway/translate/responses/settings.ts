import type { JsonObject, JsonValue } from "../../json/json-value";
import type { MessagesRequest } from "../../messages/request";
import { isAbsent, isList, isObject, textIn } from "../to-messages/read-value";

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
  if (!isObject(tool) || textIn(tool["type"]) !== "function") return tool;
  return { ...tool, parameters: tool["parameters"] ?? null, strict: tool["strict"] ?? false };
}

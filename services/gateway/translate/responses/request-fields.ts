import type { JsonObject, JsonValue } from "../../json/json-value";
import { GATEWAY_FIELDS } from "../to-messages/gateway-fields";
import { isAbsent, textIn } from "../to-messages/read-value";
import { sortParams } from "../to-messages/sort-params";
import { notSupported } from "../translation-error";

/** Fields that are translated, that the answer repeats, or that only say how to store and to cache. */
const READ: ReadonlySet<string> = new Set([
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
  "it keeps no responses, so send the whole conversation in input, with store: false and include: reasoning.encrypted_content";

/** Fields whose loss would change what is asked. */
const REFUSED: readonly (readonly [field: string, remedy: string])[] = [
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
export function sortFields(body: JsonObject, mayDrop: boolean): readonly string[] {
  for (const [field, remedy] of REFUSED) {
    const value = body[field];
    if (!isAbsent(value) && value !== false) throw notSupported(field, remedy);
  }
  return sortParams(body, READ, isNeutral, mayDrop);
}

/** Values that mean the same as leaving the field away. */
function isNeutral(field: string, value: JsonValue): boolean {
  if (field === "service_tier") return ["auto", "default"].includes(textIn(value) ?? "");
  return field === "top_logprobs" && value === 0;
}

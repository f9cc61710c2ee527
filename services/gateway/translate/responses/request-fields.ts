import type { JsonObject, JsonValue } from "../../json/json-value";
import type { DroppedMembers } from "../to-messages/dropped-members";
import { GATEWAY_FIELDS } from "../to-messages/gateway-fields";
import { isAbsent, isList, isObject, textIn } from "../to-messages/read-value";
import { isEmpty, printableName, sortParams } from "../to-messages/sort-params";
import { notSupported } from "../translation-error";

/** Fields that are translated, that the answer repeats, or that `noteInside` tells of. */
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

/** Fields that say how OpenAI is to cache and to store. They change no answer, so they are told and never refused. */
const OPENAI_ONLY = [
  "client_metadata",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
] as const;

/** What is read of the inside of fields, and values of other members that are what is done anyway. */
const INSIDE: readonly (readonly [field: string, read: ReadonlySet<string>, usual: ReadonlySet<string>])[] = [
  ["reasoning", new Set(["effort", "summary", "generate_summary"]), new Set(["auto", "standard"])],
  ["stream_options", new Set(), new Set()],
  ["text", new Set(["format"]), new Set(["medium"])],
];

/** Notes what the inside of a request loses, and fields that only mean something to OpenAI. */
export function noteInside(body: JsonObject, dropped: DroppedMembers): void {
  for (const field of OPENAI_ONLY) if (!isEmpty(body[field])) dropped.add(field);
  for (const [field, read, usual] of INSIDE) {
    const value = body[field];
    if (!isObject(value)) continue;
    for (const name of Object.keys(value)) {
      if (read.has(name) || isEmpty(value[name]) || usual.has(textIn(value[name]) ?? "")) continue;
      dropped.add(`${field}.${printableName(name)}`);
    }
  }
  const include = body["include"];
  for (const entry of isList(include) ? include : []) {
    const name = textIn(entry);
    if (name !== undefined && name !== "reasoning.encrypted_content")
      dropped.add(`include.${printableName(name)}`);
  }
}

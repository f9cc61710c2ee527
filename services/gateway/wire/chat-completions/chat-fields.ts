import {
  isAbsent,
  isList,
  kindOf,
  notSupported,
  numberIn,
  requireObject,
  stringIn,
  TranslationError,
} from "../../json/client-value";
import type { JsonObject, JsonValue, Text } from "../../json/json-value";
import { isBlankText, isText } from "../../json/text";
import { GATEWAY_FIELDS, readMaxTokens as readTokens } from "../shared/request-params";

/** Fields that the translation reads, or that only the gateway uses. All others are left out, whatever they are. */
export const TRANSLATED_FIELDS: ReadonlySet<string> = new Set([
  ...GATEWAY_FIELDS,
  "cache_control",
  "function_call",
  "functions",
  "max_completion_tokens",
  "max_tokens",
  "messages",
  "model",
  "n",
  "parallel_tool_calls",
  "reasoning",
  "reasoning_effort",
  "response_format",
  "safety_identifier",
  "stop",
  "stream",
  "stream_options",
  "temperature",
  "thinking",
  "tool_choice",
  "tools",
  "top_k",
  "top_p",
  "user",
]);

/** Values that mean the same as leaving the field away. */
export function isNeutralField(field: string, value: JsonValue): boolean {
  switch (field) {
    case "frequency_penalty":
    case "presence_penalty":
    case "top_logprobs":
      return numberIn(value) === 0;
    case "modalities":
      return isTextOnly(value);
    case "service_tier":
      return stringIn(value) === "auto" || stringIn(value) === "default";
    default:
      return false;
  }
}

/** @throws TranslationError for what would be another answer than the client asks for */
export function requireOneTextAnswer(body: JsonObject): void {
  const n = body["n"];
  if (!isAbsent(n) && numberIn(n) !== 1)
    throw new TranslationError("n", `n must be 1, not ${numberIn(n) ?? kindOf(n)}`);
  const modalities = body["modalities"];
  if (!isAbsent(modalities) && !isTextOnly(modalities))
    throw notSupported("modalities", 'only ["text"] can be asked for');
}

function isTextOnly(modalities: JsonValue): boolean {
  return isList(modalities) && modalities.every((one) => stringIn(one) === "text");
}

/** Most tokens of the answer; the newer name goes before the older one. @throws TranslationError */
export function readMaxTokens(body: JsonObject): number | undefined {
  for (const field of ["max_completion_tokens", "max_tokens"]) {
    const tokens = readTokens(body[field], field);
    if (tokens !== undefined) return tokens;
  }
  return undefined;
}

/** Texts that end the answer. Anthropic refuses blank ones; without them the answer only gets longer. @throws TranslationError */
export function readStopSequences(stop: JsonValue | undefined): readonly Text[] {
  if (isAbsent(stop)) return [];
  return (isList(stop) ? stop : [stop]).filter((one): one is Text => {
    if (!isText(one))
      throw new TranslationError("stop", `stop must be a string or an array of strings, not ${kindOf(one)}`);
    return !isBlankText(one);
  });
}

/** Whether one of them is left out for being blank. */
export function hasBlankStop(stop: JsonValue | undefined): boolean {
  return (isList(stop) ? stop : [stop]).some((one) => isText(one) && one !== "" && isBlankText(one));
}

/** Who asks, by the name that the client gives. @throws TranslationError */
export function readUser(body: JsonObject): string | undefined {
  for (const field of ["safety_identifier", "user"]) {
    const value = body[field];
    if (isAbsent(value)) continue;
    const user = stringIn(value);
    if (user === undefined)
      throw new TranslationError(field, `${field} must be a string, not ${kindOf(value)}`);
    if (user.trim() !== "") return user;
  }
  return undefined;
}

/** Whether a stream is to end with the usage. @throws TranslationError */
export function readIncludeUsage(options: JsonValue | undefined): boolean {
  if (isAbsent(options)) return false;
  return requireObject(options, "stream_options")["include_usage"] === true;
}

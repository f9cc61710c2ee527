import { notSupported, TranslationError } from "../translation-error";
import type { ChatCompletionRequest } from "./openai-types";

/** Fields that the translation itself reads, or that only the gateway uses. */
const TRANSLATED = new Set([
  "model",
  "messages",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "stop",
  "n",
  "user",
  "safety_identifier",
]);

/** Fields without a counterpart that only tune an answer: left out when the operator allows it, and named in a header. */
const DROPPABLE = new Set([
  "frequency_penalty",
  "presence_penalty",
  "logit_bias",
  "logprobs",
  "top_logprobs",
  "metadata",
  "moderation",
  "prediction",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "seed",
  "service_tier",
  "store",
  "verbosity",
]);

/**
 * Looks at every field of a request, so that none is lost without a word.
 * @returns names of the fields that are left out
 * @throws TranslationError for a field that would change the answer and cannot be said
 */
export function sortFields(body: ChatCompletionRequest, mayDrop: boolean): string[] {
  const dropped: string[] = [];
  for (const [field, value] of Object.entries(body)) {
    if (TRANSLATED.has(field) || isNeutral(field, value)) continue;
    if (!DROPPABLE.has(field)) throw notSupported(field, "remove it from the request");
    if (!mayDrop) throw notSupported(field, "remove it, or let the gateway set litellm_settings.drop_params");
    dropped.push(field);
  }
  const n = body["n"];
  if (n !== undefined && n !== null && n !== 1) throw new TranslationError("n", "n must be 1");
  return dropped;
}

/** Values that mean the same as leaving the field away. */
function isNeutral(field: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (Array.isArray(value) && value.length === 0) return true;
  if (field === "frequency_penalty" || field === "presence_penalty") return value === 0;
  if (field === "response_format") return (value as { type?: unknown }).type === "text";
  if (field === "modalities") return Array.isArray(value) && value.every((item) => item === "text");
  if (field === "tool_choice" || field === "function_call") return value === "none" || value === "auto";
  if (field === "parallel_tool_calls") return true;
  return false;
}

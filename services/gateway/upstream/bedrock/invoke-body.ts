import type { AnthropicRequest } from "../../translate/openai-to-anthropic/anthropic-types";

/** The only version that all models on Bedrock accept. */
const BEDROCK_VERSION = "bedrock-2023-05-31";

/** Fields that InvokeModel refuses ("Extra inputs are not permitted") or that its URL says. */
const NOT_IN_BODY: ReadonlySet<string> = new Set([
  "model",
  "stream",
  "metadata",
  "service_tier",
  "container",
  "inference_geo",
  "cache_control",
]);

/** The body of InvokeModel: Anthropic's, with what Bedrock says elsewhere or not at all left out. */
export function toInvokeBody(request: AnthropicRequest): string {
  const kept = Object.entries(request).filter(([field]) => !NOT_IN_BODY.has(field));
  return JSON.stringify({ anthropic_version: BEDROCK_VERSION, ...Object.fromEntries(kept) });
}

import type { JsonObject, JsonValue } from "../../../services/gateway/json/json-value";
import { parseJson } from "../../../services/gateway/json/parse-json";
import { writeJson } from "../../../services/gateway/json/write-json";
import { toMessages } from "../../../services/gateway/wire/chat-completions/to-messages";
import type { MessagesTarget } from "../../../services/gateway/wire/internal/request";

/** A deployment of an older model, on Anthropic's own API. */
export const SONNET_4_5: MessagesTarget = {
  upstreamModel: "claude-sonnet-4-5-20250929",
  maxOutputTokens: undefined,
  api: "anthropic",
  mayDropParams: true,
};
export const targetOf = (
  upstreamModel: string,
  api: MessagesTarget["api"] = "anthropic",
): MessagesTarget => ({
  ...SONNET_4_5,
  upstreamModel,
  api,
});

/** A value as it comes from a client: read from bytes. */
export function readBody(value: unknown): JsonObject {
  return parseJson(Buffer.from(JSON.stringify(value))) as JsonObject;
}

/** A value as the provider reads it. */
export function readSent(value: JsonValue): Record<string, unknown> {
  return JSON.parse(Buffer.from(writeJson(value), "latin1").toString("utf8")) as Record<string, unknown>;
}

/** A chat with these fields, translated, as the provider reads it. */
export function translateChat(fields: object, target: MessagesTarget = SONNET_4_5) {
  const body = readBody({ model: "alias", messages: [{ role: "user", content: "hi" }], ...fields });
  const { request, droppedParams, plan } = toMessages(body, target);
  return { request: readSent(request), droppedParams, plan };
}

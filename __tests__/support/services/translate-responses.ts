import { TranslationError } from "../../../services/gateway/json/client-value";
import type { JsonObject } from "../../../services/gateway/json/json-value";
import { parseJson } from "../../../services/gateway/json/parse-json";
import { writeJson } from "../../../services/gateway/json/write-json";
import type { MessagesTarget } from "../../../services/gateway/wire/internal/request";
import { toMessages } from "../../../services/gateway/wire/responses/to-messages";

/** A deployment on Anthropic's own API. */
export const TARGET: MessagesTarget = {
  upstreamModel: "claude-opus-4-6",
  maxOutputTokens: undefined,
  api: "anthropic",
  mayDropParams: true,
};
/** The same where parameters may not be left out. */
export const STRICT: MessagesTarget = { ...TARGET, mayDropParams: false };

/** What is sent for a body, as the provider reads it. */
export function send(body: object, target = TARGET): Record<string, unknown> {
  const parsed = parseJson(Buffer.from(JSON.stringify({ model: "m", ...body }))) as JsonObject;
  return JSON.parse(Buffer.from(writeJson(toMessages(parsed, target).request), "latin1").toString());
}

/** The translation of a body that says "hi" unless it says something else. */
export const planOf = (body: object, target = TARGET) =>
  toMessages({ model: "m", input: "hi", ...body } as JsonObject, target);

/** Why a body is refused. */
export function refusal(body: object, target = TARGET): TranslationError {
  try {
    send({ input: "hi", ...body }, target);
  } catch (error) {
    if (error instanceof TranslationError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

export const text = (value: string) => ({ type: "text", text: value });
export const user = (...content: readonly object[]) => ({ role: "user", content });
export const assistant = (...content: readonly object[]) => ({ role: "assistant", content });

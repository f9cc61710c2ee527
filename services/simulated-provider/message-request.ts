import { z } from "zod";
import { invalid } from "./anthropic-error";

const textBlock = z.looseObject({ type: z.string(), text: z.string().optional() });
const content = z.union([z.string(), z.array(textBlock)]);

const countRequest = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.enum(["user", "assistant"]), content })).min(1),
  system: content.optional(),
});

const messageRequest = countRequest.extend({
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string()).optional(),
});

/** `POST /v1/messages/count_tokens`. */
export type CountRequest = z.output<typeof countRequest>;
/** `POST /v1/messages`. */
export type MessageRequest = z.output<typeof messageRequest>;

/** @throws AnthropicError 400 */
export function parseMessageRequest(body: unknown): MessageRequest {
  return parse(messageRequest, body);
}

/** @throws AnthropicError 400 */
export function parseCountRequest(body: unknown): CountRequest {
  return parse(countRequest, body);
}

function parse<Output extends CountRequest>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw invalid(
      issue === undefined ? "invalid body" : `${issue.path.join(".") || "body"}: ${issue.message}`,
    );
  }
  if (result.data.messages[0]?.role !== "user")
    throw invalid("messages.0.role: the first message must be from the user");
  return result.data;
}

/** All text of a content field. */
export function textOf(field: z.output<typeof content> | undefined): string {
  if (field === undefined) return "";
  if (typeof field === "string") return field;
  return field.map((block) => block.text ?? "").join("\n");
}

import { toByteJson } from "../messages/byte-text";

/** The line that ends an OpenAI stream. */
export const SSE_DONE = "data: [DONE]\n\n";

/** A comment that keeps the connection alive and that clients ignore. */
export const SSE_KEEP_ALIVE = ": keep-alive\n\n";

/** A value as one unnamed event, as OpenAI streams have it; one character for each byte of UTF-8. */
export function encodeData(value: unknown): string {
  return `data: ${toByteJson(value)}\n\n`;
}

/** A value as one event of that name, as Anthropic streams have it; one character for each byte of UTF-8. */
export function encodeNamed(type: string, value: unknown): string {
  return `event: ${type}\ndata: ${toByteJson(value)}\n\n`;
}

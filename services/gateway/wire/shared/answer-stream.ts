import type { GatewayError } from "../../errors/gateway-error";
import { toByteJson } from "../internal/byte-text";
import type { MessageEvent } from "../internal/event";

/**
 * A streamed answer in the client's wire API. All texts have one character for each byte of UTF-8, so that what came
 * from the provider goes out without being decoded: write them as "latin1".
 */
export interface AnswerStream {
  /**
   * One event later: what the client gets for it at once, `""` for nothing. Nothing is given out before the first
   * content, so that until then the answer can still become an error with a status of its own; the events that end the
   * answer are left to `end`.
   */
  push(event: MessageEvent): string;
  /** The last events. Called after `message_stop`, when the audit row is durable. */
  end(): string;
  /** The error as an event of the wire API, and the end: nobody may take a piece of an answer for the whole. */
  fail(error: GatewayError): string;
  /** Keeps a connection alive without meaning anything. */
  readonly keepAlive: string;
}

/** What of an answer the gateway decides. */
export interface AnswerIdentity {
  /** The gateway's own, made of the request's: the answer is found by it in the records. */
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** The name the client asked for, not the provider's. */
  readonly model: string;
}

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

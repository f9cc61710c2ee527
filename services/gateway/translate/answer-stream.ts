import type { GatewayError } from "../errors";
import type { MessageEvent } from "../messages/event";

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

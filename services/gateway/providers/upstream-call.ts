import type { SealedBody } from "../enforcement/seal";
import type { MessageEvent } from "../wire/internal/event";
import type { Redact } from "./redact";
import type { ReportedError } from "./upstream-error";

/** How a provider puts events into bytes. */
export interface EventDecoder {
  /**
   * @param events where events go as they are read: those before a failure are there when it is thrown
   * @throws GatewayError for a failure that the provider reports, any other error for bytes without sense
   */
  push(chunk: Uint8Array, events: MessageEvent[]): void;
}

/** One request to a provider, ready to be sent. */
export interface UpstreamRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: SealedBody;
  /** Between two reads of the answer, in milliseconds. @default - the client's own limit */
  readonly idleMs?: number;
}

/** How a provider answers with the events of a message. */
export interface UpstreamAnswer {
  /** Media type of a good answer. */
  readonly contentType: string;
  readonly decoder: () => EventDecoder;
  /** Whether the provider goes on with an answer, and bills it, when its connection is given up. @default false */
  readonly isBilledWhole?: boolean;
  /** @param body the error's JSON, `{}` when it has none */
  readonly readError: (
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: Readonly<Record<string, unknown>>,
  ) => ReportedError;
  /** For what the provider says when it fails: it may repeat the request. */
  readonly redact: Redact;
}

/** A request, and how it is answered. */
export interface UpstreamCall extends UpstreamRequest {
  readonly answer: UpstreamAnswer;
}

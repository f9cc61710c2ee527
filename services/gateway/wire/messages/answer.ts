import type { GatewayError } from "../../errors/gateway-error";
import { toByteJson } from "../internal/byte-text";
import type { CollectedBlock, CollectedMessage } from "../internal/collect";
import type { MessageEvent } from "../internal/event";
import { hasContent } from "../internal/progress";
import { type AnswerIdentity, type AnswerStream, encodeNamed } from "../shared/answer-stream";

/** A whole message of Anthropic's API: what the provider said, with the name that the client asked for. */
export function toAnswer(message: CollectedMessage, identity: AnswerIdentity): CollectedMessage {
  return { ...message, model: identity.model, content: message.content.map(withoutInputJson) };
}

/** `inputJson` is no member of Anthropic's API. */
function withoutInputJson({ inputJson: _json, ...block }: CollectedBlock): CollectedBlock {
  return { ...block, type: block.type };
}

/** Answers `/v1/messages` with `stream: true`. @param identity its `id` is the `request_id` of an error */
export function createStream(identity: AnswerIdentity): AnswerStream {
  return new MessagesStream(identity);
}

/**
 * Where the stream is: `held`, nothing is out; `begun`; `over`, the provider has said its last. Events that end an
 * answer are held as well, until something follows that proves that it has not ended, or until `end`.
 */
type Phase = "held" | "begun" | "over";

class MessagesStream implements AnswerStream {
  readonly keepAlive = encodeNamed("ping", { type: "ping" });
  readonly #identity: AnswerIdentity;
  #phase: Phase = "held";
  #held = "";
  #hasStart = false;

  constructor(identity: AnswerIdentity) {
    this.#identity = identity;
  }

  push(event: MessageEvent): string {
    if (this.#phase === "over") return "";
    if (event.delta !== undefined) return this.#release(frame(event.type, event.json));
    switch (event.type) {
      case "error":
        // Whoever reads the stream says it, once and in the gateway's words.
        this.#phase = "over";
        return "";
      case "message_stop":
        this.#phase = "over";
        return this.#hold(encodeEvent(event));
      case "message_delta":
        return this.#hold(encodeEvent(event));
      case "message_start":
        return this.#start(event);
      case "ping":
        return this.#phase === "held" ? "" : this.keepAlive;
      default:
        return hasContent(event) || (this.#phase === "begun" && this.#held === "")
          ? this.#release(encodeEvent(event))
          : this.#hold(encodeEvent(event));
    }
  }

  end(): string {
    return this.#held;
  }

  fail(error: GatewayError): string {
    return encodeNamed("error", toMessagesError(error, this.#identity.id));
  }

  #hold(text: string): string {
    this.#held += text;
    return "";
  }

  #release(text: string): string {
    const released = this.#held + text;
    this.#held = "";
    this.#phase = "begun";
    return released;
  }

  /** The client gets the name that it asked for. A repeated start tells nothing new, and clients break on it. */
  #start(event: MessageEvent): string {
    if (this.#hasStart) return "";
    this.#hasStart = true;
    const { message } = event.value;
    const named = { ...(message as object | undefined), model: this.#identity.model };
    const text = frame(event.type, toByteJson({ ...event.value, message: named }));
    return hasContent(event) ? this.#release(text) : this.#hold(text);
  }
}

/** A type that cannot break the line it stands in. */
const SAFE_TYPE = /^[\w.-]+$/;
const LINE_BREAK = /[\r\n]/;

/** An event as it came, once it is known to be JSON, so that the client need not find out. @throws SyntaxError */
function encodeEvent({ type, json, value }: MessageEvent): string {
  if (!SAFE_TYPE.test(type)) return "";
  return frame(type, LINE_BREAK.test(json) ? toByteJson(value) : json);
}

function frame(type: string, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`;
}

/** An error of Anthropic's Messages API. */
export interface MessagesErrorBody {
  readonly type: "error";
  readonly error: {
    readonly type: string;
    readonly message: string;
    /** What a program can tell errors of one type apart by. Only there when there is more to say than the type. */
    readonly details?: Readonly<Record<string, unknown>>;
  };
  /** What the caller quotes when it reports the error. */
  readonly request_id: string;
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  405: "invalid_request_error",
  408: "timeout_error",
  409: "conflict_error",
  413: "request_too_large",
  415: "invalid_request_error",
  422: "invalid_request_error",
  429: "rate_limit_error",
  504: "timeout_error",
  529: "overloaded_error",
};

/** Codes of a 503 that say that there is not enough capacity, which Anthropic's API says with 529. */
const CAPACITY_CODES = new Set(["overloaded", "gateway_overloaded", "model_overloaded", "no_deployment"]);

/**
 * The status with which Anthropic's API would answer: 529 for want of capacity, 413 for a request that is too large (clients
 * of OpenAI's APIs get a 400 for it), otherwise the error's own.
 */
export function toMessagesStatus({ status, code }: GatewayError): number {
  if (code === "request_too_large") return 413;
  return status === 503 && CAPACITY_CODES.has(code) ? 529 : status;
}

/** An error in the form of Anthropic's Messages API. Goes with the status of `toMessagesStatus`. */
export function toMessagesError(error: GatewayError, requestId: string): MessagesErrorBody {
  const details = detailsOf(error);
  return {
    type: "error",
    error: {
      type: ERROR_TYPES[toMessagesStatus(error)] ?? "api_error",
      message: error.message,
      ...(Object.keys(details).length === 0 ? {} : { details }),
    },
    request_id: requestId,
  };
}

function detailsOf({ code, status, param, fields }: GatewayError): Readonly<Record<string, unknown>> {
  return {
    ...(code === String(status) ? {} : { error_code: code }),
    ...(param === null ? {} : { param }),
    ...fields,
  };
}

import type { GatewayError } from "../../errors";
import { toByteJson } from "../../messages/byte-text";
import type { MessageEvent } from "../../messages/event";
import { hasContent } from "../../messages/has-content";
import type { AnswerIdentity } from "../answer-identity";
import type { AnswerStream } from "../answer-stream";
import { encodeNamed } from "../sse-write";
import { toMessagesError } from "./error-body";

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

import type { TokenUsage } from "./anthropic-types";
import { mergeUsage, NO_USAGE } from "./usage";

/**
 * Where an Anthropic stream is:
 * `waiting` for `message_start`; `open`, started but without content; `text`, content came; `done`; `failed`.
 */
type MessagePhase = "waiting" | "open" | "text" | "done" | "failed";

/** What the provider said when it failed inside a stream. */
interface StreamFailure {
  readonly type: string;
  readonly message: string;
}

/** What is known of a message so far. */
export interface MessageState {
  readonly phase: MessagePhase;
  readonly usage: TokenUsage;
  /** Size of all content so far, whatever its kind, in bytes of UTF-8. */
  readonly contentBytes: number;
  readonly upstreamModel: string | null;
  readonly stopReason: string | null;
  /** The provider's reason for a refusal. */
  readonly refusal: string | null;
  readonly failure: StreamFailure | null;
}

export const MESSAGE_NOT_STARTED: MessageState = {
  phase: "waiting",
  usage: NO_USAGE,
  contentBytes: 0,
  upstreamModel: null,
  stopReason: null,
  refusal: null,
  failure: null,
};

/** An event of the stream, parsed but not trusted. */
export type MessageEvent = { readonly type?: unknown; readonly [field: string]: unknown };

/** One event later: the new state, and the text that came with it (`""` for none). Unknown events change nothing. */
export function reduceMessage(state: MessageState, event: MessageEvent): readonly [MessageState, string] {
  if (state.phase === "done" || state.phase === "failed") return [state, ""];
  switch (event.type) {
    case "message_start":
      return [start(state, event), ""];
    case "content_block_start":
      return withText(state, (event["content_block"] as Part | undefined) ?? {});
    case "content_block_delta": {
      const delta = (event["delta"] as Part | undefined) ?? {};
      const counted = { ...state, contentBytes: state.contentBytes + sizeOf(delta) };
      return delta.type === "text_delta" ? withText(counted, { ...delta, type: "text" }) : [counted, ""];
    }
    case "message_delta":
      return [finish(state, event), ""];
    case "message_stop":
      return state.phase === "waiting"
        ? [fail(state, "api_error", "the stream ended before it began"), ""]
        : [{ ...state, phase: "done" }, ""];
    case "error": {
      const error = (event["error"] as { type?: unknown; message?: unknown } | undefined) ?? {};
      return [fail(state, String(error.type ?? "api_error"), String(error.message ?? "unknown error")), ""];
    }
    default:
      return [state, ""];
  }
}

/** The stream is over. Whatever is not done by now was cut off. */
export function endMessage(state: MessageState): MessageState {
  if (state.phase === "done" || state.phase === "failed") return state;
  return fail(state, "api_error", "the stream was cut off");
}

interface Part {
  readonly type?: unknown;
  readonly text?: unknown;
}

/** Text, thinking and the arguments of tools are all paid for as output. */
function sizeOf(delta: object): number {
  const { text, thinking, partial_json: json } = delta as Readonly<Record<string, unknown>>;
  const content = text ?? thinking ?? json;
  return typeof content === "string" ? Buffer.byteLength(content) : 0;
}

function start(state: MessageState, event: MessageEvent): MessageState {
  const message = (event["message"] as { usage?: unknown; model?: unknown } | undefined) ?? {};
  // A repeated start tells nothing new.
  if (state.phase !== "waiting") return state;
  return {
    ...state,
    phase: "open",
    usage: mergeUsage(state.usage, message.usage),
    upstreamModel: typeof message.model === "string" ? message.model : null,
  };
}

function withText(state: MessageState, part: Part): readonly [MessageState, string] {
  if (part.type !== "text" || typeof part.text !== "string" || part.text === "") return [state, ""];
  if (state.phase === "waiting")
    return [fail(state, "api_error", "content came before the message began"), ""];
  return [state.phase === "text" ? state : { ...state, phase: "text" }, part.text];
}

function finish(state: MessageState, event: MessageEvent): MessageState {
  const delta =
    (event["delta"] as { stop_reason?: unknown; stop_details?: { explanation?: unknown } | null }) ?? {};
  const explanation = delta.stop_details?.explanation;
  return {
    ...state,
    usage: mergeUsage(state.usage, event["usage"]),
    stopReason: typeof delta.stop_reason === "string" ? delta.stop_reason : state.stopReason,
    refusal: typeof explanation === "string" ? explanation : state.refusal,
  };
}

function fail(state: MessageState, type: string, message: string): MessageState {
  return { ...state, phase: "failed", failure: { type, message } };
}

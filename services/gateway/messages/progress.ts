import type { MessageEvent } from "./event";
import { hasContent } from "./has-content";
import { mergeUsage, NO_USAGE, type TokenUsage } from "./usage";

/**
 * Where an answer is: `waiting` for `message_start`; `open`, started but without content; `content`, some came;
 * `done`; `failed`.
 */
export type MessagePhase = "waiting" | "open" | "content" | "done" | "failed";

/** What the provider said when it failed inside a stream. */
export interface StreamFailure {
  /** Anthropic's type of error. */
  readonly type: string;
  readonly message: string;
}

/** What is known of an answer so far. Changed in place by `reduceProgress`: there is one step for each event. */
export class MessageProgress {
  phase: MessagePhase = "waiting";
  usage: TokenUsage = NO_USAGE;
  /**
   * Size of all content so far, whatever its kind, in bytes of UTF-8. Slightly more than that where the text has
   * characters that JSON escapes: deltas are counted without being decoded.
   */
  contentBytes = 0;
  /** Of the provider, as is the model's name. */
  messageId: string | null = null;
  upstreamModel: string | null = null;
  stopReason: string | null = null;
  /** The provider's reason for a refusal. */
  refusal: string | null = null;
  failure: StreamFailure | null = null;

  /** Whether nothing can follow. */
  get isOver(): boolean {
    return this.phase === "done" || this.phase === "failed";
  }

  /** Whether the answer belongs to its deployment, so that it can no longer be asked for elsewhere. */
  get hasContent(): boolean {
    return this.phase === "content";
  }
}

/**
 * One event later. Unknown events change nothing; nothing changes after the end.
 * @returns the same progress
 * @throws SyntaxError when the event must be read and is not a JSON object
 */
export function reduceProgress(progress: MessageProgress, event: MessageEvent): MessageProgress {
  if (progress.isOver) return progress;
  switch (event.type) {
    case "content_block_delta":
      return addContent(progress, event.delta?.escaped.length ?? sizeOf(event.value["delta"]));
    case "message_start":
      return start(progress, event);
    case "content_block_start":
      return hasContent(event) ? addContent(progress, sizeOf(event.value["content_block"])) : progress;
    case "message_delta":
      return finish(progress, event.value);
    case "message_stop":
      if (progress.phase === "waiting") return fail(progress, "the stream ended before it began");
      progress.phase = "done";
      return progress;
    case "error": {
      const error = (event.value["error"] ?? {}) as { type?: unknown; message?: unknown };
      return fail(progress, String(error.message ?? "unknown error"), String(error.type ?? "api_error"));
    }
    default:
      return progress;
  }
}

/** The stream is over. Whatever is not done by now was cut off. @returns the same progress */
export function endProgress(progress: MessageProgress): MessageProgress {
  return progress.isOver ? progress : fail(progress, "the stream was cut off");
}

function start(progress: MessageProgress, event: MessageEvent): MessageProgress {
  const message = (event.value["message"] ?? {}) as Readonly<Record<string, unknown>>;
  const id = typeof message["id"] === "string" ? message["id"] : null;
  if (progress.phase !== "waiting") {
    // A repeated start tells nothing new; another one means that two answers are mixed.
    return id === progress.messageId ? progress : fail(progress, "another message began inside the message");
  }
  progress.phase = "open";
  progress.messageId = id;
  progress.upstreamModel = typeof message["model"] === "string" ? message["model"] : null;
  progress.usage = mergeUsage(progress.usage, message["usage"]);
  const content = message["content"];
  return hasContent(event) && Array.isArray(content)
    ? addContent(
        progress,
        content.reduce((size: number, block) => size + sizeOf(block), 0),
      )
    : progress;
}

function addContent(progress: MessageProgress, size: number): MessageProgress {
  if (progress.phase === "waiting") return fail(progress, "content came before the message began");
  progress.phase = "content";
  progress.contentBytes += size;
  return progress;
}

/** Text, thinking and the arguments of tools are all paid for as output. */
function sizeOf(part: unknown): number {
  const { text, thinking, partial_json: json, input } = (part ?? {}) as Readonly<Record<string, unknown>>;
  const content = text ?? thinking ?? json ?? (hasMembers(input) ? JSON.stringify(input) : undefined);
  return typeof content === "string" ? Buffer.byteLength(content) : 0;
}

function hasMembers(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function finish(progress: MessageProgress, event: Readonly<Record<string, unknown>>): MessageProgress {
  const delta = (event["delta"] ?? {}) as {
    stop_reason?: unknown;
    stop_details?: { explanation?: unknown } | null;
  };
  const explanation = delta.stop_details?.explanation;
  progress.usage = mergeUsage(progress.usage, event["usage"]);
  if (typeof delta.stop_reason === "string") progress.stopReason = delta.stop_reason;
  if (typeof explanation === "string") progress.refusal = explanation;
  return progress;
}

function fail(progress: MessageProgress, message: string, type = "api_error"): MessageProgress {
  progress.phase = "failed";
  progress.failure = { type, message };
  return progress;
}

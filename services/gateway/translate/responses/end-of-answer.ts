import type { Output } from "./output";
import type { ResponseState } from "./response-object";

/** How the provider ended its message. */
export interface MessageEnd {
  readonly stopReason: string | null;
  /** The provider's reason for a refusal. */
  readonly refusal: string | null;
}

/** The events that end the items of an answer, and what the `response` object says of the end. */
export interface AnswerEnd {
  readonly events: string;
  readonly state: Pick<ResponseState, "status" | "reason">;
}

/** `stop_reason` → status. What is new or unknown ended by itself. */
export function endAnswer(output: Output, { stopReason, refusal }: MessageEnd): AnswerEnd {
  switch (stopReason) {
    case "refusal":
      return {
        events: output.refuse(refusal ?? "The model refused to answer."),
        state: { status: "incomplete", reason: "content_filter" },
      };
    case "max_tokens":
    case "model_context_window_exceeded":
      return {
        events: output.end("incomplete"),
        state: { status: "incomplete", reason: "max_output_tokens" },
      };
    default:
      return { events: output.end("completed"), state: { status: "completed" } };
  }
}

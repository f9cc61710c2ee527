import type { ChatAnswerPlan } from "./answer-plan";

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls" | "function_call";

const FINISH_REASONS: Readonly<Record<string, FinishReason>> = {
  max_tokens: "length",
  model_context_window_exceeded: "length",
  refusal: "content_filter",
};

/** Which tools the model called. */
export interface CalledTools {
  /** Tools of the client. */
  readonly visible: number;
  /** Whether the tool was called whose input is the answer. */
  readonly hidden: boolean;
}

/**
 * `stop_reason` → `finish_reason`. What is new or unknown ended by itself: `stop`. So did an answer whose only call was
 * the hidden tool's.
 */
export function toFinishReason(
  stopReason: string | null,
  called: CalledTools,
  plan: Pick<ChatAnswerPlan, "isLegacyFunctionCall">,
): FinishReason {
  if (stopReason === "tool_use") {
    if (called.hidden && called.visible === 0) return "stop";
    return plan.isLegacyFunctionCall ? "function_call" : "tool_calls";
  }
  return (
    (stopReason !== null && Object.hasOwn(FINISH_REASONS, stopReason) && FINISH_REASONS[stopReason]) || "stop"
  );
}

/** Text of a refusal without a reason. */
const REFUSED = "The model refused to answer.";

/** What `refusal` says; `null` when the answer is no refusal. @param explanation the provider's */
export function refusalOf(finishReason: FinishReason, explanation: string | null): string | null {
  return finishReason === "content_filter" ? (explanation ?? REFUSED) : null;
}

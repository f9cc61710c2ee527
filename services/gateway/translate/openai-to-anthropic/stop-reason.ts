import type { FinishReason } from "./openai-types";

/** `stop_reason` → `finish_reason`. What is new or unknown ended by itself: `stop`. */
export function mapStopReason(stopReason: string | null | undefined): FinishReason {
  switch (stopReason) {
    case "max_tokens":
    case "model_context_window_exceeded":
      return "length";
    case "tool_use":
      return "tool_calls";
    case "refusal":
      return "content_filter";
    default:
      return "stop";
  }
}

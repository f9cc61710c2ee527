import type { SimulatedAnswer } from "./compose-answer";

/** An answer as one object. */
export function toMessage(id: string, model: string, answer: SimulatedAnswer) {
  return {
    id,
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: answer.text }],
    stop_reason: answer.stopReason,
    stop_sequence: answer.stopSequence,
    usage: usage(answer.inputTokens, answer.outputTokens),
  };
}

/** An answer as the events of a stream, in the order of the real API: a ping after the first block starts, one delta a word. */
export function toEvents(
  id: string,
  model: string,
  answer: SimulatedAnswer,
): { type: string; [field: string]: unknown }[] {
  const words = answer.text.match(/\S+\s*|\s+/g) ?? [];
  return [
    {
      type: "message_start",
      message: {
        ...toMessage(id, model, answer),
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: usage(answer.inputTokens, 1),
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    { type: "ping" },
    ...words.map((text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: answer.stopReason, stop_sequence: answer.stopSequence },
      usage: { output_tokens: answer.outputTokens },
    },
    { type: "message_stop" },
  ];
}

function usage(inputTokens: number, outputTokens: number) {
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: outputTokens,
    service_tier: "standard",
  };
}

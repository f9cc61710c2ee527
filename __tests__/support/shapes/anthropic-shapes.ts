/** Answers of Anthropic's Messages API, as its documentation has them; only what the gateway's clients may see. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_creation_input_tokens?: number | null;
  cache_read_input_tokens?: number | null;
  [more: string]: unknown;
}

type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded";

type Block =
  | { type: "text"; text: string; citations?: unknown }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "redacted_thinking"; data: string }
  | { type: "tool_use"; id: string; name: string; input: object }
  | { type: "server_tool_use"; id: string; name: string; input: object }
  | { type: "web_search_tool_result"; tool_use_id: string; content: unknown };

export interface Message {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: Block[];
  stop_reason: StopReason | null;
  stop_sequence: string | null;
  stop_details?: unknown;
  usage: Usage;
}

export interface ErrorBody {
  type: "error";
  error: { type: string; message: string; details?: object };
  request_id?: string;
}

type Delta =
  | { type: "text_delta"; text: string }
  | { type: "input_json_delta"; partial_json: string }
  | { type: "thinking_delta"; thinking: string }
  | { type: "signature_delta"; signature: string }
  | { type: "citations_delta"; citation: unknown };

export type StreamEvent =
  | { type: "message_start"; message: Message }
  | { type: "content_block_start"; index: number; content_block: Block }
  | { type: "content_block_delta"; index: number; delta: Delta }
  | { type: "content_block_stop"; index: number }
  | {
      type: "message_delta";
      delta: { stop_reason: StopReason | null; stop_sequence: string | null; stop_details?: unknown };
      usage: { output_tokens: number; [more: string]: unknown };
    }
  | { type: "message_stop" }
  | { type: "ping" }
  | ErrorBody;

/** The parts of the OpenAI chat completions API that this translation reads and writes. */
export interface ChatMessageParam {
  readonly role: string;
  readonly content?: unknown;
  readonly [field: string]: unknown;
}

/** A request whose envelope is checked; everything else is looked at by the translation. */
export interface ChatCompletionRequest {
  readonly model: string;
  readonly messages: readonly ChatMessageParam[];
  readonly stream?: boolean | null | undefined;
  readonly [field: string]: unknown;
}

export type FinishReason = "stop" | "length" | "content_filter" | "tool_calls";

export interface ChatUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly cache_creation_tokens: number };
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

export interface ChatCompletion {
  readonly id: string;
  readonly object: "chat.completion";
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly message: {
      readonly role: "assistant";
      readonly content: string;
      readonly refusal: string | null;
    };
    readonly logprobs: null;
    readonly finish_reason: FinishReason;
  }[];
  readonly usage: ChatUsage;
}

export interface ChatCompletionChunk {
  readonly id: string;
  readonly object: "chat.completion.chunk";
  readonly created: number;
  readonly model: string;
  readonly choices: readonly {
    readonly index: 0;
    readonly delta: { readonly role?: "assistant"; readonly content?: string; readonly refusal?: string };
    readonly logprobs: null;
    readonly finish_reason: FinishReason | null;
  }[];
  /** Only there when the client asked for usage: `null` on all chunks but the last. */
  readonly usage?: ChatUsage | null;
}

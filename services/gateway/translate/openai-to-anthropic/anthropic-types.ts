/** The parts of the Anthropic Messages API (version 2023-06-01) that this translation writes and reads. */
export interface AnthropicTextBlock {
  readonly type: "text";
  readonly text: string;
}

export interface AnthropicMessageParam {
  readonly role: "user" | "assistant";
  readonly content: readonly AnthropicTextBlock[];
}

export interface AnthropicRequest {
  readonly model: string;
  readonly max_tokens: number;
  readonly messages: readonly AnthropicMessageParam[];
  readonly system?: readonly AnthropicTextBlock[];
  readonly stop_sequences?: readonly string[];
  readonly temperature?: number;
  readonly top_p?: number;
  readonly stream: true;
}

/** Counters of an answer, in tokens. `inputTokens` leaves out what was read from or written to the cache. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The part of `outputTokens` that the model spent on thinking; 0 when the provider does not say. */
  readonly reasoningTokens: number;
  readonly cacheReadTokens: number;
  /** For 5 minutes and for an hour together. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that is kept for an hour, which costs more. */
  readonly cacheWrite1hTokens: number;
}

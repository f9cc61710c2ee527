/**
 * A block of a whole answer, in the form of Anthropic's Messages API. What a block of a type listed here has besides
 * its members, and blocks of other types (a provider's own tools and their results), are kept as they came.
 */
export interface CollectedBlock {
  readonly type: string;
  readonly [member: string]: unknown;
}

export interface CollectedText extends CollectedBlock {
  readonly type: "text";
  readonly text: string;
}

export interface CollectedThinking extends CollectedBlock {
  readonly type: "thinking";
  /** `""` when the provider keeps it to itself. */
  readonly thinking: string;
  readonly signature: string;
}

export interface CollectedToolUse extends CollectedBlock {
  readonly type: "tool_use";
  readonly id: string;
  readonly name: string;
  /** An object; empty when the answer ended inside the input, so that its JSON is not complete. */
  readonly input: Readonly<Record<string, unknown>>;
  /**
   * The input as the model wrote it: numbers of twenty digits are lost in `input`. `""` when nothing was written. Not valid
   * JSON when the answer ended inside it. No member of Anthropic's API.
   */
  readonly inputJson: string;
}

/** A whole answer, in the form of Anthropic's Messages API, with all that the provider said of it. */
export interface CollectedMessage {
  readonly id: string;
  readonly type: "message";
  readonly role: "assistant";
  /** The provider's name of the model. */
  readonly model: string;
  readonly content: readonly CollectedBlock[];
  readonly stop_reason: string | null;
  readonly stop_sequence: string | null;
  /** Anthropic's counters, each with the last value that is not null. */
  readonly usage: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export function isText(block: CollectedBlock): block is CollectedText {
  return block.type === "text";
}

export function isThinking(block: CollectedBlock): block is CollectedThinking {
  return block.type === "thinking";
}

export function isToolUse(block: CollectedBlock): block is CollectedToolUse {
  return block.type === "tool_use";
}

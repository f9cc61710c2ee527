import { type Members, membersOf, textMember } from "../../json/provider-value";
import type { MessageEvent } from "./event";
import { BILLED_BYTES_PER_TOKEN, judgeUsage, mergeUsage, NO_USAGE, type TokenUsage } from "./usage";

/**
 * Where an answer is: `waiting` for `message_start`; `open`, started but without content; `content`, some came;
 * `done`; `failed`.
 */
type MessagePhase = "waiting" | "open" | "content" | "done" | "failed";

/**
 * Whether a provider bills an answer. `none`: nothing was sent, or it refused before any work. `open`: it has not ended the
 * answer; when its connection is given up, it may go on. `ended`: it has, or says that it failed.
 */
export type BillPhase = "none" | "open" | "ended";

/** What the provider said when it failed inside a stream. */
interface StreamFailure {
  /** Anthropic's type of error. */
  readonly type: string;
  readonly message: string;
  /** Anthropic's `details.error_code`: tells errors of one type apart. */
  readonly errorCode?: string | undefined;
}

/** What is known of an answer so far. Changed in place by `reduceProgress`: there is one step for each event. */
export class MessageProgress {
  phase: MessagePhase = "waiting";
  usage: TokenUsage = NO_USAGE;
  /** Whether the provider has counted the prompt. */
  isPromptReported = false;
  /** Whether it has counted the answer after its start. */
  isOutputReported = false;
  /** Whether the last count of the answer was none. */
  isOutputDoubtful = false;
  /** Whether a count of the prompt was none. */
  isPromptDoubtful = false;
  bill: BillPhase = "open";
  /**
   * Size of all content so far, whatever its kind, in bytes of UTF-8. Slightly more than that where the text has
   * characters that JSON escapes: deltas are counted without being decoded.
   */
  contentBytes = 0;
  /** Whether the model thinks and nothing of it is shown. */
  isThinkingUnseen = false;
  /** For how long it has, in milliseconds; measured by whoever has a clock. */
  unseenThinkingMs = 0;
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
    case "content_block_stop":
      progress.isThinkingUnseen = false;
      return progress;
    case "content_block_delta":
      progress.isThinkingUnseen = false;
      return addContent(progress, event.delta?.escaped.length ?? sizeOf(event.value["delta"]));
    case "message_start":
      return start(progress, event);
    case "content_block_start":
      progress.isThinkingUnseen = beginsUnseen(event);
      return hasContent(event) ? addContent(progress, sizeOf(event.value["content_block"])) : progress;
    case "message_delta":
      return finish(progress, event.value);
    case "message_stop":
      if (progress.phase === "waiting") return fail(progress, "the stream ended before message_start");
      progress.phase = "done";
      progress.bill = "ended";
      return progress;
    case "error":
      progress.bill = "ended";
      return failAsSaid(progress, membersOf(event.value["error"]));
    default:
      return progress;
  }
}

/** The stream is over. Whatever is not done by now was cut off. @returns the same progress */
export function endProgress(progress: MessageProgress): MessageProgress {
  return progress.isOver ? progress : fail(progress, "the stream was truncated");
}

function start(progress: MessageProgress, event: MessageEvent): MessageProgress {
  const message = membersOf(event.value["message"]);
  const id = textMember(message, "id") ?? null;
  if (progress.phase !== "waiting") {
    // A repeated start tells nothing new; another one means that two answers are mixed.
    return id === progress.messageId ? progress : fail(progress, "message_start inside a message");
  }
  progress.phase = "open";
  progress.messageId = id;
  progress.upstreamModel = textMember(message, "model") ?? null;
  takeUsage(progress, message["usage"]);
  if (!hasContent(event)) return progress;
  for (const block of message["content"] as readonly unknown[]) addContent(progress, sizeOf(block));
  return progress;
}

function beginsUnseen(event: MessageEvent): boolean {
  const block = membersOf(event.value["content_block"]);
  return block["type"] === "thinking" && block["thinking"] === "";
}

function addContent(progress: MessageProgress, size: number): MessageProgress {
  if (progress.phase === "waiting") return fail(progress, "content before message_start");
  progress.phase = "content";
  progress.contentBytes += size;
  return progress;
}

/** Text, thinking and the arguments of tools are all paid for as output. */
function sizeOf(part: unknown): number {
  const { text, thinking, partial_json: json, input } = membersOf(part);
  const content = text ?? thinking ?? json ?? inputOf(input);
  return typeof content === "string" ? Buffer.byteLength(content) : 0;
}

/** Input of a tool that came with its block; it is usually empty, and comes in pieces. */
function inputOf(input: unknown): string | undefined {
  return Object.keys(membersOf(input)).length > 0 ? JSON.stringify(input) : undefined;
}

function finish(progress: MessageProgress, event: Members): MessageProgress {
  const delta = membersOf(event["delta"]);
  const outputTokens = takeUsage(progress, event["usage"]);
  if (outputTokens === null) progress.isOutputDoubtful = true;
  // No answer with content has no token.
  else if (outputTokens !== undefined && (outputTokens > 0 || progress.contentBytes === 0)) {
    // That of the start counts what was made by then, which a refusal takes back.
    if (!progress.isOutputReported) progress.usage = { ...progress.usage, outputTokens };
    progress.isOutputReported = true;
    progress.isOutputDoubtful = false;
  }
  progress.stopReason = textMember(delta, "stop_reason") ?? progress.stopReason;
  progress.refusal = textMember(membersOf(delta["stop_details"]), "explanation") ?? progress.refusal;
  return progress;
}

/** @returns the count of the answer, as `judgeUsage` does */
function takeUsage(progress: MessageProgress, reported: unknown): number | null | undefined {
  const { hasPrompt, isPromptDoubtful, outputTokens } = judgeUsage(reported);
  progress.usage = mergeUsage(progress.usage, reported);
  if (hasPrompt) progress.isPromptReported = true;
  if (isPromptDoubtful) progress.isPromptDoubtful = true;
  return outputTokens;
}

function failAsSaid(progress: MessageProgress, error: Members): MessageProgress {
  const errorCode = textMember(membersOf(error["details"]), "error_code");
  progress.phase = "failed";
  progress.failure = {
    type: textMember(error, "type") ?? "api_error",
    message: textMember(error, "message") ?? "unknown error",
    errorCode,
  };
  return progress;
}

function fail(progress: MessageProgress, message: string): MessageProgress {
  return failAsSaid(progress, { message });
}

/**
 * Whether an event carries a part of the answer, of whatever kind. From the first one on an answer belongs to its
 * deployment: what came before may be thrown away and asked for elsewhere.
 * @throws SyntaxError when the event must be read and is not a JSON object
 */
export function hasContent(event: MessageEvent): boolean {
  if (event.type === "content_block_delta") return true;
  if (event.type === "message_start") {
    const { content } = membersOf(event.value["message"]);
    return Array.isArray(content) && content.length > 0;
  }
  if (event.type !== "content_block_start") return false;
  const { type, text, thinking } = membersOf(event.value["content_block"]);
  if (type === "text") return text !== "";
  if (type === "thinking") return thinking !== "";
  return true;
}

/** Tokens a millisecond that a model thinks unseen, at most. Models write from 50 to 200 a second. */
const UNSEEN_TOKENS_PER_MS = 0.2;

/** What is known of a message that was sent, beside what its provider reports. */
export interface SentMessage {
  /** Most output tokens that were asked for. */
  readonly maxTokens: number;
  /** Whether the provider completes and bills an answer after its connection is closed. */
  readonly isBilledWhole: boolean;
  /** The prompt, estimated; wanted when the provider does not count it. */
  readonly estimatePrompt: () => TokenUsage;
}

/** What a message is billed for. */
export interface SettledUsage {
  readonly usage: TokenUsage;
  /** Whether a part of it was estimated. */
  readonly isEstimated: boolean;
}

const NOTHING: SettledUsage = { usage: NO_USAGE, isEstimated: false };

/**
 * What a message is billed for, also when its provider does not say, or says it without sense: then by estimates that are
 * rather too high than too low, and never less than what was reported. Nothing only when nothing was sent, or when the
 * provider refused before any work. The cases stand in decision 0023.
 */
export function settleUsage(progress: MessageProgress, sent: SentMessage): SettledUsage {
  if (progress.bill === "none") return NOTHING;
  const prompt = settlePrompt(progress, sent);
  const output = settleOutput(progress, sent);
  return output.isEstimated
    ? { usage: { ...prompt.usage, outputTokens: output.tokens }, isEstimated: true }
    : prompt;
}

function settlePrompt(
  { usage, isPromptReported, isPromptDoubtful }: MessageProgress,
  { estimatePrompt }: SentMessage,
): SettledUsage {
  if (isPromptReported && !isPromptDoubtful) return { usage, isEstimated: false };
  const prompt = estimatePrompt();
  if (!isPromptReported) return { usage: withPrompt(usage, prompt), isEstimated: true };
  const missing = promptTokensOf(prompt) - promptTokensOf(usage);
  if (missing <= 0) return { usage, isEstimated: false };
  return { usage: { ...usage, inputTokens: usage.inputTokens + missing }, isEstimated: true };
}

function withPrompt(usage: TokenUsage, prompt: TokenUsage): TokenUsage {
  return {
    ...usage,
    inputTokens: Math.max(usage.inputTokens, prompt.inputTokens),
    cacheWriteTokens: Math.max(usage.cacheWriteTokens, prompt.cacheWriteTokens),
    cacheWrite1hTokens: Math.max(usage.cacheWrite1hTokens, prompt.cacheWrite1hTokens),
    isUsOnly: usage.isUsOnly || prompt.isUsOnly,
  };
}

const promptTokensOf = ({ inputTokens, cacheReadTokens, cacheWriteTokens }: TokenUsage) =>
  inputTokens + cacheReadTokens + cacheWriteTokens;

/** The final count comes with the end of a message; one that ended earlier is billed for what was delivered. */
function settleOutput(
  progress: MessageProgress,
  { maxTokens, isBilledWhole }: SentMessage,
): { readonly tokens: number; readonly isEstimated: boolean } {
  const { usage, stopReason, contentBytes, unseenThinkingMs, bill } = progress;
  const reported = usage.outputTokens;
  if (stopReason !== null && progress.isOutputReported && !progress.isOutputDoubtful)
    return { tokens: reported, isEstimated: false };
  // Never for more than was asked for: that much was put aside.
  const unseen = Math.ceil(unseenThinkingMs * UNSEEN_TOKENS_PER_MS);
  const delivered = Math.min(maxTokens, Math.ceil(contentBytes / BILLED_BYTES_PER_TOKEN) + unseen);
  const estimate = bill === "open" && isBilledWhole ? maxTokens : delivered;
  const isGuess = estimate > reported || (bill === "ended" && stopReason !== null);
  return { tokens: Math.max(reported, estimate), isEstimated: isGuess };
}

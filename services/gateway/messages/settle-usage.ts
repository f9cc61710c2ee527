import { BYTES_PER_TOKEN } from "./estimate-input";
import type { MessageProgress } from "./progress";
import { NO_USAGE, type TokenUsage } from "./usage";

/** Tokens a millisecond that a model thinks unseen, at most. Models write from 50 to 200 a second. */
const UNSEEN_TOKENS_PER_MS = 0.2;

/** What is known of a message that was sent, beside what its provider reports. */
export interface SentMessage {
  /** Most output tokens that were asked for. */
  readonly maxTokens: number;
  /** Whether the provider goes on with an answer, and bills it, when its connection is given up. */
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
  const delivered = Math.min(maxTokens, Math.ceil(contentBytes / BYTES_PER_TOKEN) + unseen);
  const estimate = bill === "open" && isBilledWhole ? maxTokens : delivered;
  const isGuess = estimate > reported || (bill === "ended" && stopReason !== null);
  return { tokens: Math.max(reported, estimate), isEstimated: isGuess };
}

import type { MessageProgress } from "./progress";
import type { TokenUsage } from "./usage";

/**
 * Bytes of UTF-8 a token, at least: English and code have about 4, Chinese and Japanese about 3. Dividing by 3
 * errs to the provider's side, by a third at most for English.
 */
const BYTES_PER_TOKEN = 3;

/** What a message is billed for. */
export interface SettledUsage {
  readonly usage: TokenUsage;
  /** Whether the output was estimated. */
  readonly isEstimated: boolean;
}

/**
 * The final count of output tokens comes with the end of a message. One that ended earlier is billed for what
 * was delivered, at a rate that is rather too high than too low, never for less than was reported, and never for
 * more than was asked for: that much was put aside.
 * @param maxTokens of the request
 */
export function settleUsage(
  { usage, stopReason, contentBytes }: MessageProgress,
  maxTokens: number,
): SettledUsage {
  const estimate = Math.min(maxTokens, Math.ceil(contentBytes / BYTES_PER_TOKEN));
  if (stopReason !== null || estimate <= usage.outputTokens) return { usage, isEstimated: false };
  return { usage: { ...usage, outputTokens: estimate }, isEstimated: true };
}

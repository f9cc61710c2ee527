import type { AuditDraft } from "../../audit/draft";
import type { MessageSource } from "../../providers/message-source";
import { invalidAnswer } from "../../providers/upstream-error";
import { type CollectedMessage, MessageCollector } from "../../wire/internal/collect";

/**
 * Collects a streamed message into a whole one. The row is committed by `audit` when the answer is sent.
 * @param maxTokens that the provider was asked for at most
 * @throws GatewayError when the provider fails on the way
 */
export async function relayJson(
  source: MessageSource,
  audit: AuditDraft,
  maxTokens: number,
): Promise<CollectedMessage> {
  const collector = new MessageCollector();
  const maxContentBytes = mostContentOf(maxTokens);
  try {
    await source.read((events) => {
      for (const event of events) collector.push(event);
      if (source.progress.contentBytes > maxContentBytes)
        source.cancel(invalidAnswer("more output than requested"));
      // A short answer comes in one read, and is over then.
      if (source.progress.hasContent || source.progress.phase === "done") audit.recordFirstContent();
    });
  } finally {
    audit.recordMessage(source.progress);
  }
  return collector.message();
}

/**
 * Bytes of content for each token that an answer may have: English has about 4, no model comes near this on average. Escapes are
 * counted as they are written, which makes a letter up to twelve bytes long.
 */
const MAX_CONTENT_BYTES_PER_TOKEN = 64;
/** What any answer may have, in bytes: short ones may be far from the average. */
const LEAST_CONTENT_LIMIT_BYTES = 1024 * 1024;
/** What no answer may have, in bytes, whatever `max_tokens` says; the longest that a model gives has a fifth of it. */
const MOST_CONTENT_LIMIT_BYTES = 32 * 1024 * 1024;

/**
 * How much content a provider can send that keeps to `max_tokens`, generously. One that sends more is not believed: parts of
 * an answer are kept until its end.
 * @returns bytes, as `MessageProgress.contentBytes` counts them
 */
export function mostContentOf(maxTokens: number): number {
  return Math.min(
    MOST_CONTENT_LIMIT_BYTES,
    Math.max(LEAST_CONTENT_LIMIT_BYTES, maxTokens * MAX_CONTENT_BYTES_PER_TOKEN),
  );
}

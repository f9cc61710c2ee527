import type { AuditDraft } from "../audit/draft";
import { MessageCollector } from "../messages/collect";
import type { CollectedMessage } from "../messages/collected-message";
import type { MessageSource } from "../upstream/message-source";
import { invalidAnswer } from "../upstream/read-error";

/** Bytes of content that are kept of an answer; the longest one that a model gives has a fifth of it. */
const MAX_CONTENT_BYTES = 32 * 1024 * 1024;

/**
 * Collects a streamed message into a whole one. The row is committed by `audit` when the answer is sent.
 * @throws GatewayError when the provider fails on the way
 */
export async function relayJson(
  source: MessageSource,
  audit: AuditDraft | undefined,
): Promise<CollectedMessage> {
  const collector = new MessageCollector();
  try {
    await source.read((events) => {
      for (const event of events) collector.push(event);
      if (source.progress.contentBytes > MAX_CONTENT_BYTES) source.cancel(invalidAnswer());
      // A short answer comes in one read, and is over then.
      if (source.progress.hasContent || source.progress.phase === "done") audit?.recordFirstContent();
    });
  } finally {
    audit?.recordMessage(source.progress);
  }
  return collector.message();
}

import type { AuditDraft } from "../audit/draft";
import { MessageCollector } from "../messages/collect";
import type { CollectedMessage } from "../messages/collected-message";
import type { MessageSource } from "../upstream/message-source";
import { invalidAnswer } from "../upstream/read-error";
import { mostContentOf } from "./most-content";

/**
 * Collects a streamed message into a whole one. The row is committed by `audit` when the answer is sent.
 * @param maxTokens that the provider was asked for at most
 * @throws GatewayError when the provider fails on the way
 */
export async function relayJson(
  source: MessageSource,
  audit: AuditDraft | undefined,
  maxTokens: number,
): Promise<CollectedMessage> {
  const collector = new MessageCollector();
  const maxContentBytes = mostContentOf(maxTokens);
  try {
    await source.read((events) => {
      for (const event of events) collector.push(event);
      if (source.progress.contentBytes > maxContentBytes)
        source.cancel(invalidAnswer("more content than was asked for"));
      // A short answer comes in one read, and is over then.
      if (source.progress.hasContent || source.progress.phase === "done") audit?.recordFirstContent();
    });
  } finally {
    audit?.recordMessage(source.progress);
  }
  return collector.message();
}

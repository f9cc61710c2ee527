import type { SealedBody } from "../enforcement/seal";
import type { MessageProgress } from "../messages/progress";
import type { Deployment } from "../routing/deployment";
import { callBedrock } from "./bedrock/call-bedrock";
import { callAnthropic } from "./call-anthropic";
import type { UpstreamClient } from "./client";
import { MessageSource } from "./message-source";
import type { RunningAnswer } from "./running-answer";
import type { UpstreamCall } from "./upstream-call";

/** A message on its way to a deployment. */
export interface OutgoingMessage {
  readonly body: SealedBody;
  /** Headers of Anthropic's API that the client sent, such as `anthropic-beta`. */
  readonly nativeHeaders?: Readonly<Record<string, string>>;
}

/**
 * Sends a message and waits for the first content, or for the end of a message without any.
 * @param onFailed gets what was reported before a failure
 * @throws GatewayError for everything that goes wrong before the first content
 */
export async function openToContent(
  client: UpstreamClient,
  deployment: Deployment,
  message: OutgoingMessage,
  running: RunningAnswer,
  onFailed: (progress: MessageProgress) => void,
): Promise<MessageSource> {
  const call = toCall(deployment, message);
  const source = new MessageSource(call.answer);
  running.onAbort((reason, left) => {
    if (left === undefined) source.cancel(reason);
    else left.take(source, reason, message.body.byteLength);
  });
  try {
    if (!running.isAborted) client.send(call, source);
    await source.opened();
    return source;
  } catch (error) {
    onFailed(source.progress);
    throw error;
  }
}

function toCall(deployment: Deployment, { body, nativeHeaders }: OutgoingMessage): UpstreamCall {
  const { access } = deployment;
  return access.provider === "anthropic"
    ? callAnthropic(deployment, access.apiKey, body, nativeHeaders)
    : callBedrock(deployment, access, body);
}

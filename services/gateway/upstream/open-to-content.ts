import type { SealedBody } from "../enforcement/seal";
import type { MessageProgress } from "../messages/progress";
import type { Deployment } from "../routing/deployment";
import { callBedrock } from "./bedrock/call-bedrock";
import { callAnthropic } from "./call-anthropic";
import { tookTooLong, type UpstreamClient } from "./client";
import { type AnswerObserver, MessageSource } from "./message-source";
import type { RunningAnswer } from "./running-answer";
import type { TimeLimits } from "./time-limits";
import type { UpstreamCall } from "./upstream-call";

/** A message on its way to a deployment. */
export interface OutgoingMessage {
  readonly body: SealedBody;
  /** Headers of Anthropic's API that the client sent, such as `anthropic-beta`. */
  readonly nativeHeaders?: Readonly<Record<string, string>>;
  /** Whether the model is to think before it answers. */
  readonly isThinking: boolean;
}

/**
 * Sends a message and waits for the first content, or for the end of a message without any.
 * @param observer is kept for as long as the answer takes, and must not know the request
 * @param onFailed gets what was reported before a failure
 * @throws GatewayError for everything that goes wrong before the first content
 */
export async function openToContent(
  client: UpstreamClient,
  deployment: Deployment,
  message: OutgoingMessage,
  limits: TimeLimits,
  running: RunningAnswer,
  observer: AnswerObserver,
  onFailed: (progress: MessageProgress) => void,
): Promise<MessageSource> {
  const call = toCall(deployment, message);
  const { byteLength } = message.body;
  const source = startSource(call, limits, running, observer);
  running.onAbort((reason, left) => {
    if (left === undefined) source.cancel(reason);
    else left.take(source, reason, byteLength);
  });
  let forget = (): void => {};
  try {
    if (!running.isAborted) forget = client.send({ ...call, idleMs: limits.idleMs }, source);
    await source.opened();
    return source;
  } catch (error) {
    forget();
    onFailed(source.progress);
    throw error;
  }
}

/** An answer that is given up when it takes too long. Its timers know nothing of the request, which they would keep. */
function startSource(
  { answer }: Pick<UpstreamCall, "answer">,
  { firstEventMs, totalMs }: TimeLimits,
  running: RunningAnswer,
  observer: AnswerObserver,
): MessageSource {
  let hasBegun = false;
  const source = new MessageSource(answer, {
    begun: () => {
      hasBegun = true;
      clearTimeout(silence);
      observer.begun();
    },
    over: (failure) => {
      clearTimeout(silence);
      clearTimeout(whole);
      observer.over(failure);
    },
  });
  // A turn of the loop later: what has come while the process itself was held up is read first.
  const silence = setTimeout(
    () => setImmediate(() => !hasBegun && source.timeOut(tookTooLong("first byte timeout"))),
    firstEventMs,
  ).unref();
  const end = () => {
    // An answer whose client left is read for its bill, which has time.
    if (!running.isAborted) source.timeOut(tookTooLong("answer timeout"));
  };
  const whole = totalMs === undefined ? undefined : setTimeout(end, totalMs).unref();
  return source;
}

function toCall(deployment: Deployment, { body, nativeHeaders }: OutgoingMessage): UpstreamCall {
  const { access } = deployment;
  return access.provider === "anthropic"
    ? callAnthropic(deployment, access.apiKey, body, nativeHeaders)
    : callBedrock(deployment, access, body);
}

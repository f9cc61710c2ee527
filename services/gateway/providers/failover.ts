import type { Clock } from "../../shared/clock";
import type { SealedBody } from "../enforcement/seal";
import { allCoolingDown } from "../errors/catalogue";
import { GatewayError } from "../errors/gateway-error";
import type { MessageProgress } from "../wire/internal/progress";
import { callAnthropic } from "./anthropic";
import { callBedrock } from "./bedrock/call";
import { type TimeLimits, timeLimitsOf, tookTooLong, type UpstreamClient } from "./client";
import { type Blame, judgeFailure } from "./cool-down";
import type { Deployment, RoutingSettings } from "./deployment";
import type { DeploymentHealth, Visit } from "./health";
import type { RunningAnswer } from "./in-flight";
import { type AnswerObserver, MessageSource } from "./message-source";
import { isWantOfRoom, type Refusal, type RefusedRetries, waitUnlessEnded } from "./retry";
import type { UpstreamCall } from "./upstream-call";
import type { UpstreamWatch } from "./upstream-watch";

/** What failover needs of the process. */
export interface FailoverTools {
  readonly client: UpstreamClient;
  readonly health: DeploymentHealth;
  readonly retries: RefusedRetries;
  readonly watch: UpstreamWatch;
  readonly clock: Clock;
}

/** A request and where it may go. */
interface FailoverRequest {
  /** Of the log. */
  readonly requestId: string;
  /** In the order in which they are tried; at least one. */
  readonly group: readonly Deployment[];
  readonly settings: RoutingSettings;
  /** Whether the client gets the answer as it comes. */
  readonly isStream: boolean;
  readonly running: RunningAnswer;
  /**
   * Writes the request anew for each deployment: what one accepts another may not. `undefined` for one that cannot be sent
   * it, and is passed over.
   */
  prepare(deployment: Deployment): OutgoingMessage | undefined;
  /** A deployment is about to be asked. @param attempts this one included */
  onAttempt(deployment: Deployment, attempts: number): void;
  /** What a deployment reported before it failed. */
  onFailed(progress: MessageProgress): void;
}

/** An attempt that its deployment is to blame for. */
interface FailedAttempt {
  readonly deployment: Deployment;
  readonly error: GatewayError;
  readonly blame: Blame;
  /** Whether the deployment bills nothing for it. */
  readonly isFree: boolean;
}

/** A part of the time to the first event: whoever is silent for longer is asked last, while others answer. */
const PATIENCE = 1 / 5;

/**
 * Asks one deployment after another until one gives content; from then on the answer is its own. When all have failed, one that
 * had no room is asked again after a while. A group of one never cools down: there is nowhere else to go, and its answer
 * tells more than a refusal. No deployment is asked while another one still may answer: both would be billed.
 * @returns the answer; whoever reads it gets GatewayError for a failure after the first content
 * @throws GatewayError of the last deployment that failed, or 429 or 503 when all are cooling down
 */
export async function openWithFailover(
  tools: FailoverTools,
  request: FailoverRequest,
): Promise<MessageSource> {
  const { health, retries, watch, clock } = tools;
  const { group, settings, running } = request;
  const begun = clock.now();
  const isInTime = (waitMs = 0) =>
    attempts < settings.maxAttempts && clock.now() + waitMs - begun <= settings.failOverMs;
  let attempts = 0;
  let failure: GatewayError | undefined;
  let last: Deployment | undefined;
  let refusal: Refusal | undefined;

  const ask = async (deployment: Deployment): Promise<MessageSource | undefined> => {
    const message = request.prepare(deployment);
    if (message === undefined) return undefined;
    const limits = limitsOf(tools, request, deployment, message);
    const visit = group.length === 1 ? ALONE : health.visit(deployment, limits.firstEventMs * PATIENCE);
    if (visit === undefined) return undefined;
    attempts += 1;
    if (last === deployment) watch.retried(deployment);
    else if (last !== undefined) watch.failedOver(deployment);
    last = deployment;
    const outcome = await attempt(tools, request, { deployment, attempts, message, limits, visit });
    if (!("error" in outcome)) return outcome;
    if (outcome.isFree && isWantOfRoom(outcome.error)) refusal = outcome;
    // That another deployment is misconfigured is of no use to a caller who might just try again.
    if (failure === undefined || outcome.blame !== "misconfigured") failure = outcome.error;
    return undefined;
  };

  for (const deployment of health.order(group, settings)) {
    if (!isInTime()) break;
    const opened = await ask(deployment);
    if (opened !== undefined) return opened;
  }
  for (let count = 0; refusal !== undefined; count += 1) {
    const { deployment }: Refusal = refusal;
    const waitMs = retries.waitOf(refusal, count, settings.retryWaitMs);
    const isCooling = group.length > 1 && (health.cooling(deployment)?.waitMs ?? 0) > (waitMs ?? 0);
    if (waitMs === undefined || isCooling || !isInTime(waitMs)) break;
    refusal = undefined;
    await waitUnlessEnded(waitMs, running);
    const opened = await ask(deployment);
    if (opened !== undefined) return opened;
  }
  throw withWait(failure, group, health);
}

const ALONE: Visit = {
  heard: () => {},
  succeeded: () => {},
  failed: () => {},
  endedOtherwise: () => {},
};

function limitsOf(
  { client }: FailoverTools,
  { isStream }: FailoverRequest,
  deployment: Deployment,
  { body, isThinking }: OutgoingMessage,
): TimeLimits {
  return timeLimitsOf(deployment, { bodyBytes: body.byteLength, isThinking, isStream }, client.timeouts);
}

/** What one attempt needs. */
interface Attempt {
  readonly deployment: Deployment;
  /** Of the request, this one included. */
  readonly attempts: number;
  readonly message: OutgoingMessage;
  readonly limits: TimeLimits;
  readonly visit: Visit;
}

/** @throws GatewayError for what the deployment is not to blame for */
async function attempt(
  { client, retries, watch }: FailoverTools,
  { requestId, settings, running, onAttempt, onFailed }: FailoverRequest,
  { deployment, attempts, message, limits, visit }: Attempt,
): Promise<MessageSource | FailedAttempt> {
  let isFree = false;
  const watched = watch.begin(deployment, requestId);
  try {
    onAttempt(deployment, attempts);
    const { over } = watched;
    const observer = { begun: visit.heard, over };
    const source = await openToContent(client, deployment, message, limits, running, observer, (progress) => {
      isFree = progress.bill === "none";
      onFailed(progress);
    });
    watched.opened();
    visit.succeeded();
    retries.record(deployment, undefined);
    return source;
  } catch (error) {
    if (!(error instanceof GatewayError) || running.isAborted) {
      visit.endedOtherwise();
      throw error;
    }
    const blame = judgeFailure(error);
    if (blame === undefined) {
      visit.succeeded();
      throw error;
    }
    visit.failed(error, blame, settings);
    retries.record(deployment, error);
    return { deployment, error, blame, isFree };
  }
}

/** When nothing answered, callers learn when the first deployment will be asked again. */
function withWait(
  failure: GatewayError | undefined,
  group: readonly Deployment[],
  health: DeploymentHealth,
): GatewayError {
  const cooling = group.flatMap((deployment) => health.cooling(deployment) ?? []);
  const waitSeconds = Math.max(1, Math.ceil(Math.min(...cooling.map(({ waitMs }) => waitMs)) / 1000));
  if (failure === undefined) {
    return allCoolingDown(
      cooling.length > 0 && cooling.every(({ blame }) => blame === "rate-limit"),
      Number.isFinite(waitSeconds) ? waitSeconds : 1,
    );
  }
  if (cooling.length < group.length || (failure.status !== 429 && failure.status !== 503)) return failure;
  const { status, type, message, code } = failure;
  return new GatewayError(status, type, message, { code, retryAfterSeconds: waitSeconds });
}

/** A message on its way to a deployment. */
interface OutgoingMessage {
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
async function openToContent(
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
    if (!running.isAborted) source.timeOut(tookTooLong("response timeout"));
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

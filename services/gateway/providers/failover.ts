import type { Clock } from "../../shared/clock";
import type { SealedBody } from "../enforcement/seal";
import { allCoolingDown } from "../errors/catalogue";
import { GatewayError } from "../errors/gateway-error";
import type { MessageProgress } from "../wire/internal/progress";
import { callAnthropic } from "./anthropic";
import { callBedrock } from "./bedrock/call";
import { type TimeLimits, timeLimitsOf, tookTooLong, type UpstreamClient } from "./client";
import { judgeFailure } from "./cool-down";
import type { Deployment, RoutingSettings } from "./deployment";
import type { DeploymentHealth, TrackedAttempt } from "./health";
import type { RunningAnswer } from "./in-flight";
import { type AnswerObserver, MessageSource } from "./message-source";
import { isWantOfRoom, type Refusal, type RefusedRetries, waitUnlessEnded } from "./retry";
import type { UpstreamCall } from "./upstream-call";
import type { UpstreamWatch } from "./upstream-watch";

/** What failover needs of the process. */
export interface FailoverDependencies {
  readonly client: UpstreamClient;
  readonly health: DeploymentHealth;
  readonly retries: RefusedRetries;
  readonly watch: UpstreamWatch;
  readonly clock: Clock;
}

/** A request and where it may go. */
interface FailoverRequest {
  /** As the log names it. */
  readonly requestId: string;
  /** In the order in which they are tried; at least one. */
  readonly group: readonly Deployment[];
  readonly settings: RoutingSettings;
  /** Whether the client gets the answer as it comes. */
  readonly isStream: boolean;
  readonly running: RunningAnswer;
}

/** A message on its way to a deployment. */
interface OutgoingMessage {
  readonly body: SealedBody;
  /** Headers of Anthropic's API that the client sent, such as `anthropic-beta`. */
  readonly nativeHeaders?: Readonly<Record<string, string>>;
  /** Whether the model is to think before it answers. */
  readonly isThinking: boolean;
}

/** One message that a deployment was admitted to take. Must be opened: a probe waits for what comes of it. */
interface Attempt {
  readonly deployment: Deployment;
  readonly message: OutgoingMessage;
  readonly limits: TimeLimits;
  readonly tracked: TrackedAttempt;
}

/** An attempt that gave no content. */
interface FailedAttempt {
  /** What the deployment reported before it failed. */
  readonly progress: MessageProgress;
  /** Ends the request. `undefined`: the deployment is to blame, so that another one may be asked. */
  readonly finalError: unknown;
}

/** A part of the time to the first event: whoever is silent for longer is asked last, while others answer. */
const PATIENCE = 1 / 5;

/**
 * Chooses one deployment after another until one gives content; from then on the answer is its own. The caller writes the
 * message for each, because what one accepts another may not:
 *
 *     for await (const deployment of failover.candidates()) {
 *       const attempt = failover.admit(deployment, message);
 *       if (attempt !== undefined) outcome = await failover.open(attempt);
 *     }
 *     throw failover.error();
 *
 * When all have failed, one that had no room is asked again after a while. A group of one never cools down: there is nowhere
 * else to go, and its answer tells more than a refusal. No deployment is asked while another one still may answer: both would
 * be billed.
 */
export class Failover {
  readonly #dependencies: FailoverDependencies;
  readonly #request: FailoverRequest;
  readonly #startedAt: number;
  #attempts = 0;
  #lastAsked: Deployment | undefined;
  /** The last attempt that failed for want of room and is not billed. */
  #refusal: Refusal | undefined;
  #failure: GatewayError | undefined;

  constructor(dependencies: FailoverDependencies, request: FailoverRequest) {
    this.#dependencies = dependencies;
    this.#request = request;
    this.#startedAt = dependencies.clock.now();
  }

  /**
   * The deployments to ask, in their order, for as long as attempts and time are left.
   * @throws GatewayError when the answer is ended while it waits to ask one again
   */
  async *candidates(): AsyncGenerator<Deployment, void, undefined> {
    const { health, retries } = this.#dependencies;
    const { group, settings, running } = this.#request;
    for (const deployment of health.order(group, settings)) {
      if (!this.#isInTime()) break;
      yield deployment;
    }
    for (let count = 0; this.#refusal !== undefined; count += 1) {
      const { deployment } = this.#refusal;
      const waitMs = retries.waitOf(this.#refusal, count, settings.retryWaitMs);
      const isCooling = group.length > 1 && (health.cooling(deployment)?.waitMs ?? 0) > (waitMs ?? 0);
      if (waitMs === undefined || isCooling || !this.#isInTime(waitMs)) return;
      this.#refusal = undefined;
      await waitUnlessEnded(waitMs, running);
      yield deployment;
    }
  }

  /** Counts an attempt. @returns `undefined` when the deployment is cooling down, and is passed over */
  admit(deployment: Deployment, message: OutgoingMessage): Attempt | undefined {
    const { client, health, watch } = this.#dependencies;
    const { group, isStream } = this.#request;
    const { body, isThinking } = message;
    const limits = timeLimitsOf(
      deployment,
      { bodyBytes: body.byteLength, isThinking, isStream },
      client.timeouts,
    );
    const tracked = group.length === 1 ? ALONE : health.begin(deployment, limits.firstEventMs * PATIENCE);
    if (tracked === undefined) return undefined;
    this.#attempts += 1;
    if (this.#lastAsked === deployment) watch.retried(deployment);
    else if (this.#lastAsked !== undefined) watch.failedOver(deployment);
    this.#lastAsked = deployment;
    return { deployment, message, limits, tracked };
  }

  /**
   * Sends the message of an attempt.
   * @returns the answer, once it has content; whoever reads it gets GatewayError for a failure after that
   */
  async open({ deployment, message, limits, tracked }: Attempt): Promise<MessageSource | FailedAttempt> {
    const { client, retries, watch } = this.#dependencies;
    const { requestId, settings, running } = this.#request;
    const watched = watch.begin(deployment, requestId);
    const observer = { begun: tracked.heard, over: watched.over };
    const opened = await openToContent(client, deployment, message, limits, running, observer).catch(
      (error: unknown) => {
        tracked.endedInconclusively();
        throw error;
      },
    );
    if (opened instanceof MessageSource) {
      watched.opened();
      tracked.succeeded();
      retries.record(deployment, undefined);
      return opened;
    }
    const { error, progress } = opened;
    if (!(error instanceof GatewayError) || running.isAborted) {
      tracked.endedInconclusively();
      return { progress, finalError: error };
    }
    const blame = judgeFailure(error);
    if (blame === undefined) {
      tracked.succeeded();
      return { progress, finalError: error };
    }
    tracked.failed(error, blame, settings);
    retries.record(deployment, error);
    if (progress.bill === "none" && isWantOfRoom(error)) this.#refusal = { deployment, error };
    // That another deployment is misconfigured is of no use to a caller who might just try again.
    if (this.#failure === undefined || blame !== "misconfigured") this.#failure = error;
    return { progress, finalError: undefined };
  }

  /** Why no deployment answered: the last failure, or 429 or 503 when all are cooling down. */
  error(): GatewayError {
    return withWait(this.#failure, this.#request.group, this.#dependencies.health);
  }

  #isInTime(waitMs = 0): boolean {
    const { maxAttempts, failOverMs } = this.#request.settings;
    const elapsedMs = this.#dependencies.clock.now() - this.#startedAt;
    return this.#attempts < maxAttempts && elapsedMs + waitMs <= failOverMs;
  }
}

const ALONE: TrackedAttempt = {
  heard: () => {},
  succeeded: () => {},
  failed: () => {},
  endedInconclusively: () => {},
};

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

/** A message that gave no content, and what was reported until then. */
interface FailedOpening {
  readonly error: unknown;
  readonly progress: MessageProgress;
}

/**
 * Sends a message and waits for the first content, or for the end of a message without any.
 * @param observer is kept for as long as the answer takes, and must not know the request
 */
async function openToContent(
  client: UpstreamClient,
  deployment: Deployment,
  message: OutgoingMessage,
  limits: TimeLimits,
  running: RunningAnswer,
  observer: AnswerObserver,
): Promise<MessageSource | FailedOpening> {
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
    return { error, progress: source.progress };
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

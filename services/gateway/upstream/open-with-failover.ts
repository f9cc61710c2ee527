import { allCoolingDown, GatewayError } from "../errors";
import type { MessageProgress } from "../messages/progress";
import type { Clock } from "../ports/clock";
import type { Deployment } from "../routing/deployment";
import { judgeFailure } from "../routing/judge-failure";
import type { RoutingSettings } from "../routing/routing-settings";
import type { UpstreamClient } from "./client";
import type { DeploymentHealth, Visit } from "./deployment-health";
import type { MessageSource } from "./message-source";
import { type OutgoingMessage, openToContent } from "./open-to-content";
import type { RunningAnswer } from "./running-answer";

/** What failover needs of the process. */
export interface FailoverTools {
  readonly client: UpstreamClient;
  readonly health: DeploymentHealth;
  readonly clock: Clock;
}

/** A request and where it may go. */
export interface FailoverRequest {
  /** In the order in which they are tried; at least one. */
  readonly group: readonly Deployment[];
  readonly settings: RoutingSettings;
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

/**
 * Asks one deployment after another until one gives content; from then on the answer is its own. A group of
 * one is never left alone: there is nowhere else to go, and its answer tells more than a refusal.
 * @returns the answer; whoever reads it gets GatewayError for a failure after the first content
 * @throws GatewayError of the last deployment that failed, or 429 or 503 when all are left alone
 */
export async function openWithFailover(
  tools: FailoverTools,
  request: FailoverRequest,
): Promise<MessageSource> {
  const { client, health, clock } = tools;
  const { group, settings, running } = request;
  const begun = clock.now();
  let attempts = 0;
  let failure: GatewayError | undefined;
  for (const deployment of group) {
    if (attempts >= settings.maxAttempts || clock.now() - begun > settings.failOverMs) break;
    const message = request.prepare(deployment);
    if (message === undefined) continue;
    const visit = group.length === 1 ? ALONE : health.visit(deployment);
    if (visit === undefined) continue;
    attempts += 1;
    try {
      request.onAttempt(deployment, attempts);
      const opened = await openToContent(client, deployment, message, running, request.onFailed);
      visit.succeeded();
      return opened;
    } catch (error) {
      const blame = error instanceof GatewayError && !running.isAborted ? judgeFailure(error) : undefined;
      if (!(error instanceof GatewayError) || running.isAborted) visit.endedOtherwise();
      else if (blame === undefined) visit.succeeded();
      else visit.failed(error, blame, settings);
      if (!(error instanceof GatewayError) || blame === undefined) throw error;
      // That another deployment is misconfigured is of no use to a caller who might just try again.
      if (failure === undefined || blame !== "misconfigured") failure = error;
    }
  }
  throw withWait(failure, group, health);
}

const ALONE: Visit = { succeeded: () => {}, failed: () => {}, endedOtherwise: () => {} };

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

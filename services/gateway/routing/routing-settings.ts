/** How failures of deployments are dealt with. */
export interface RoutingSettings {
  /** Deployments asked for one request, at most; asking one again counts, too. */
  readonly maxAttempts: number;
  /** No further deployment is asked later than this after the first one was, in milliseconds. */
  readonly failOverMs: number;
  /** Failures one after another that a deployment may have without cooling down. */
  readonly allowedFails: number;
  /** Least wait before a deployment that had no room is asked again and did not say when, in milliseconds; up to twice as long. */
  readonly retryWaitMs: number;
  /** First cool-down after failures, in milliseconds; each one that follows takes twice as long. 0: never. */
  readonly coolDownMs: number;
}

/**
 * Attempts and cool-down are LiteLLM's own defaults (2 retries, 5 s). `failOverMs` leaves a second deployment
 * time to answer before clients give up, which they do after ten minutes.
 */
export const DEFAULT_ROUTING: RoutingSettings = {
  maxAttempts: 3,
  failOverMs: 300_000,
  allowedFails: 2,
  retryWaitMs: 500,
  coolDownMs: 5000,
};

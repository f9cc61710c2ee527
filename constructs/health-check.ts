import { goDuration } from "./go-duration";

/** How the engine finds out whether a service is well. */
export interface HealthCheck {
  /** Command in Docker's notation, `["CMD", …]` or `["CMD-SHELL", "…"]`. No secret: it is shown by `docker inspect`. */
  readonly test: readonly string[];
  /** @default 5 */
  readonly intervalSeconds?: number;
  /** @default 5 */
  readonly timeoutSeconds?: number;
  /** Failures in a row before the service counts as unhealthy. @default 6 */
  readonly retries?: number;
  /** Time in which failures do not count. @default 0 */
  readonly startPeriodSeconds?: number;
}

/** The provider's form. Times are in Go's canonical spelling, see goDuration. */
export function toDockerHealthCheck(check: HealthCheck) {
  const { test, intervalSeconds = 5, timeoutSeconds = 5, retries = 6, startPeriodSeconds = 0 } = check;
  return {
    test: [...test],
    interval: goDuration(intervalSeconds),
    timeout: goDuration(timeoutSeconds),
    retries,
    startPeriod: goDuration(startPeriodSeconds),
  };
}

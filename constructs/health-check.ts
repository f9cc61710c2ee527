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
  /** Time in which failures do not count. At least 1: the engine takes 0 for "as the image says". @default 1 */
  readonly startPeriodSeconds?: number;
}

/** Asks a URL inside a container that has Node but no curl. Well means a 2xx answer within the timeout. */
export function httpHealthCheck(url: string): HealthCheck {
  const script = `fetch(${JSON.stringify(url)}).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
  return { test: ["CMD", "node", "-e", script], intervalSeconds: 5, timeoutSeconds: 5, retries: 6 };
}

/** The provider's form. Times are in Go's canonical spelling, see goDuration. */
export function toDockerHealthCheck(check: HealthCheck) {
  const { test, intervalSeconds = 5, timeoutSeconds = 5, retries = 6, startPeriodSeconds = 1 } = check;
  return {
    test: [...test],
    interval: goDuration(intervalSeconds),
    timeout: goDuration(timeoutSeconds),
    retries,
    startPeriod: goDuration(startPeriodSeconds),
  };
}

import { UserError } from "../terminal/user-error";

/** How a deployment that did not succeed leaves the platform. */
export type PlatformState =
  | "not changed"
  | "rolled back"
  | "changed in part"
  | "applied, readiness unknown"
  | "applied, not ready"
  | "ready, coder stack not applied";

/** A deployment that changed something and did not succeed. */
export class DeploymentError extends UserError {
  constructor(
    problem: string,
    remedy: string | undefined,
    readonly platform: PlatformState,
  ) {
    super(problem, remedy);
  }
}

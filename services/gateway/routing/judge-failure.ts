import type { GatewayError } from "../errors";

/**
 * What a deployment is blamed for, which decides how long it cools down: `failing`, when it failed several
 * times in a row; `rate-limit`, at once and for as long as the provider says; `misconfigured`, at once and
 * longer, because an operator must act.
 */
export type Blame = "failing" | "rate-limit" | "misconfigured";

/** By the code of the error. */
const BLAME: ReadonlyMap<string, Blame> = new Map([
  ["upstream_unreachable", "failing"],
  ["upstream_timeout", "failing"],
  ["upstream_invalid", "failing"],
  ["upstream_error", "failing"],
  ["overloaded", "failing"],
  ["rate_limit_exceeded", "rate-limit"],
  ["upstream_auth", "misconfigured"],
  ["upstream_permission", "misconfigured"],
  ["upstream_not_found", "misconfigured"],
  ["upstream_account", "misconfigured"],
  ["deployment_misconfigured", "misconfigured"],
]);

/**
 * Judges an error of an attempt. A deployment that is to blame is worth replacing by another one.
 * @returns `undefined` when the request itself was refused: another deployment would do the same
 */
export function judgeFailure(error: GatewayError): Blame | undefined {
  return BLAME.get(error.code);
}

import type { GatewayError } from "../errors/gateway-error";
import type { RoutingSettings } from "./deployment";

/**
 * Whether a deployment is asked: `healthy`; `cooling`, not asked until a moment; `probing`, one request is
 * finding out whether it works again while the others still go elsewhere.
 */
export type CoolDownState =
  | { readonly phase: "healthy"; readonly fails: number }
  | { readonly phase: "cooling"; readonly blame: Blame; readonly rounds: number; readonly untilMs: number }
  | { readonly phase: "probing"; readonly blame: Blame; readonly rounds: number };

export const HEALTHY: CoolDownState = { phase: "healthy", fails: 0 };

/** Shortest cool-down when an operator must act, in milliseconds. */
const MISCONFIGURED_MS = 60_000;
/** Longest cool-down, whatever a provider asks for, in milliseconds. */
const MAX_MS = 300_000;
/** How long callers that were turned away are told to wait for a probe, in milliseconds. */
const PROBE_WAIT_MS = 1000;

/** Whether a request may go there now. */
export type Admission =
  | { readonly isAdmitted: true; readonly isProbe: boolean; readonly state: CoolDownState }
  | { readonly isAdmitted: false; readonly blame: Blame; readonly waitMs: number };

/** The first request after the cool-down is the probe. */
export function admit(state: CoolDownState, nowMs: number): Admission {
  if (state.phase === "healthy") return { isAdmitted: true, isProbe: false, state };
  const { blame, rounds } = state;
  if (state.phase === "probing") return { isAdmitted: false, blame, waitMs: PROBE_WAIT_MS };
  if (nowMs < state.untilMs) return { isAdmitted: false, blame, waitMs: state.untilMs - nowMs };
  return { isAdmitted: true, isProbe: true, state: { phase: "probing", blame, rounds } };
}

/** A request sent before the cool-down says nothing about now: only the probe ends it. */
export function afterSuccess(state: CoolDownState, isProbe: boolean): CoolDownState {
  return state.phase === "healthy" || isProbe ? HEALTHY : state;
}

/** The request ended without telling anything, because its client left. The next one probes. */
export function afterInconclusive(state: CoolDownState, isProbe: boolean, nowMs: number): CoolDownState {
  if (state.phase !== "probing" || !isProbe) return state;
  return { phase: "cooling", blame: state.blame, rounds: state.rounds, untilMs: nowMs };
}

/** A failure that the deployment is to blame for. */
export interface BlamedFailure {
  readonly blame: Blame;
  /** What the provider asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Other attempts that wait in vain at the same time: they will fail in the same way, and count already. @default 0 */
  readonly hanging?: number;
}

/** Cool-downs of the same deployment, one after another, double up to five minutes. */
export function afterFailure(
  state: CoolDownState,
  { blame, retryAfterMs, hanging = 0 }: BlamedFailure,
  nowMs: number,
  { allowedFails, coolDownMs }: Pick<RoutingSettings, "allowedFails" | "coolDownMs">,
): CoolDownState {
  if (coolDownMs === 0) return HEALTHY;
  if (state.phase === "healthy" && blame === "failing" && state.fails + hanging < allowedFails) {
    return { phase: "healthy", fails: state.fails + 1 };
  }
  const rounds = state.phase === "probing" ? state.rounds + 1 : state.phase === "cooling" ? state.rounds : 0;
  const doubled = coolDownMs * 2 ** Math.min(rounds, 16);
  const wanted = blame === "misconfigured" ? Math.max(MISCONFIGURED_MS, doubled) : (retryAfterMs ?? doubled);
  const untilMs = nowMs + Math.min(wanted, MAX_MS);
  // Requests that were under way when it began to cool down fail too; they never make it shorter.
  if (state.phase === "cooling" && state.untilMs >= untilMs) return state;
  return { phase: "cooling", blame, rounds, untilMs };
}

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

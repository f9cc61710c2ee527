import type { Clock } from "../../shared/clock";
import type { GatewayError } from "../errors/gateway-error";
import {
  type Admission,
  admit,
  afterFailure,
  afterInconclusive,
  afterSuccess,
  type Blame,
  type CoolDownState,
  HEALTHY,
} from "./cool-down";
import type { Deployment, RoutingSettings } from "./deployment";

/** Cool-downs that end so close to each other are the same one, in milliseconds. */
const SAME_MS = 1000;

/** Settings of `DeploymentHealth`. */
interface DeploymentHealthSettings {
  readonly clock: Clock;
  /** A deployment began to cool down, or does so for seconds longer. */
  readonly onCooling?: (deployment: Deployment, error: GatewayError, waitMs: number) => void;
  /** A probe went well. */
  readonly onRecovered?: (deployment: Deployment) => void;
}

/** One attempt at a deployment, as its health follows it. Exactly one of `succeeded`, `failed` and `endedInconclusively` must be called, once. */
export interface TrackedAttempt {
  /** The deployment said something. */
  heard(): void;
  /** It answered, be it with a refusal of the request. */
  succeeded(): void;
  failed(error: GatewayError, blame: Blame, settings: RoutingSettings): void;
  /** It ended without telling anything about the deployment. */
  endedInconclusively(): void;
}

/** Which deployments are cooling down, or hang, in this process. A new catalogue has new deployments and so begins afresh. */
export class DeploymentHealth {
  readonly #settings: DeploymentHealthSettings;
  readonly #states = new WeakMap<Deployment, CoolDownState>();
  readonly #hanging = new WeakMap<Deployment, HangingAttempts>();

  constructor(settings: DeploymentHealthSettings) {
    this.#settings = settings;
  }

  /**
   * The deployments of a group in the order in which they are asked now: those that hang are the last, so that requests are not
   * sent into the dark while others answer.
   */
  order(group: readonly Deployment[], { allowedFails }: RoutingSettings): readonly Deployment[] {
    if (group.length === 1) return group;
    const now = this.#settings.clock.now();
    const hangs = (deployment: Deployment) =>
      (this.#hanging.get(deployment)?.count(now, allowedFails + 1) ?? 0) > allowedFails;
    const hanging = group.filter(hangs);
    if (hanging.length === 0) return group;
    return [...group.filter((deployment) => !hanging.includes(deployment)), ...hanging];
  }

  /**
   * @param patienceMs how long the deployment may say nothing before that is unusual
   * @returns `undefined` when the deployment is cooling down
   */
  begin(deployment: Deployment, patienceMs: number): TrackedAttempt | undefined {
    const admission = this.#admit(deployment);
    return admission.isAdmitted ? this.#open(deployment, admission, patienceMs) : undefined;
  }

  /** Why the deployment is cooling down, and for how long. @returns `undefined` when it is asked */
  cooling(deployment: Deployment): { readonly blame: Blame; readonly waitMs: number } | undefined {
    const admission = this.#admit(deployment);
    return admission.isAdmitted ? undefined : admission;
  }

  #admit(deployment: Deployment): Admission {
    return admit(this.#stateOf(deployment), this.#settings.clock.now());
  }

  #open(
    deployment: Deployment,
    { state, isProbe }: Extract<Admission, { isAdmitted: true }>,
    patienceMs: number,
  ): TrackedAttempt {
    const { clock, onCooling, onRecovered } = this.#settings;
    this.#states.set(deployment, state);
    const hanging = this.#hangingAt(deployment);
    const stopWaiting = hanging.begin(clock.now(), patienceMs);
    const end = (next: CoolDownState) => {
      stopWaiting();
      this.#states.set(deployment, next);
    };
    return {
      heard: () => {
        stopWaiting();
        hanging.heard(clock.now());
      },
      succeeded: () => {
        hanging.heard(clock.now());
        end(afterSuccess(this.#stateOf(deployment), isProbe));
        if (isProbe) onRecovered?.(deployment);
      },
      endedInconclusively: () => end(afterInconclusive(this.#stateOf(deployment), isProbe, clock.now())),
      failed: (error, blame, settings) => {
        const seconds = error.retryAfterSeconds;
        const retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
        const before = this.#stateOf(deployment);
        stopWaiting();
        if (error.upstreamStatus !== undefined) hanging.heard(clock.now());
        const isSilence = error.code === "upstream_timeout";
        const others = isSilence ? hanging.count(clock.now(), settings.allowedFails) : 0;
        const failure = { blame, retryAfterMs, hanging: others };
        const after = afterFailure(before, failure, clock.now(), settings);
        end(after);
        // Many requests that hung fail within moments of each other: that is one event.
        const wasUntilMs = before.phase === "cooling" ? before.untilMs : 0;
        if (after.phase === "cooling" && after.untilMs - wasUntilMs > SAME_MS) {
          onCooling?.(deployment, error, after.untilMs - clock.now());
        }
      },
    };
  }

  #stateOf(deployment: Deployment): CoolDownState {
    return this.#states.get(deployment) ?? HEALTHY;
  }

  #hangingAt(deployment: Deployment): HangingAttempts {
    let attempts = this.#hanging.get(deployment);
    if (attempts === undefined) {
      attempts = new HangingAttempts();
      this.#hanging.set(deployment, attempts);
    }
    return attempts;
  }
}

/** An attempt that waits for the first event of its answer. Times in milliseconds. */
interface Waiting {
  readonly begunAt: number;
  readonly patienceMs: number;
}

/**
 * The attempts at one deployment that have heard nothing so far. They hang when the deployment has said nothing at all, to nobody,
 * for longer than it usually takes: long before their time limits say so, which would be late under load.
 */
export class HangingAttempts {
  readonly #waiting = new Set<Waiting>();
  #heardAt = Number.NEGATIVE_INFINITY;

  /**
   * An attempt begins. @param patienceMs from when on its silence is unusual
   * @returns must be called when it is heard of, or over; later calls do nothing
   */
  begin(nowMs: number, patienceMs: number): () => void {
    const waiting = { begunAt: nowMs, patienceMs };
    this.#waiting.add(waiting);
    return () => void this.#waiting.delete(waiting);
  }

  /** The deployment said something, to whichever attempt. */
  heard(nowMs: number): void {
    this.#heardAt = nowMs;
  }

  /** How many hang. @param most is enough to know of */
  count(nowMs: number, most: number): number {
    if (this.#waiting.size === 0) return 0;
    let count = 0;
    for (const { begunAt, patienceMs } of this.#waiting) {
      if (nowMs - Math.max(begunAt, this.#heardAt) <= patienceMs) continue;
      count += 1;
      if (count >= most) break;
    }
    return count;
  }
}

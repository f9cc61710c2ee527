import type { GatewayError } from "../errors";
import type { Clock } from "../ports/clock";
import {
  type Admission,
  admit,
  afterFailure,
  afterNothing,
  afterSuccess,
  type CoolDownState,
  HEALTHY,
} from "../routing/cool-down";
import type { Deployment } from "../routing/deployment";
import type { Blame } from "../routing/judge-failure";
import type { RoutingSettings } from "../routing/routing-settings";

/** Settings of `DeploymentHealth`. */
export interface DeploymentHealthSettings {
  readonly clock: Clock;
  /** A deployment began to cool down, or does so for longer. */
  readonly onCooling?: (deployment: Deployment, error: GatewayError, waitMs: number) => void;
  /** A probe went well. */
  readonly onRecovered?: (deployment: Deployment) => void;
}

/** A request on its way to a deployment. Exactly one of its methods must be called, once. */
export interface Visit {
  /** It answered, be it with a refusal of the request. */
  succeeded(): void;
  failed(error: GatewayError, blame: Blame, settings: RoutingSettings): void;
  /** It ended without telling anything about the deployment. */
  endedOtherwise(): void;
}

/** Which deployments are left alone in this process. A new catalogue has new deployments and so begins afresh. */
export class DeploymentHealth {
  readonly #settings: DeploymentHealthSettings;
  readonly #states = new WeakMap<Deployment, CoolDownState>();

  constructor(settings: DeploymentHealthSettings) {
    this.#settings = settings;
  }

  /** @returns `undefined` when the deployment is left alone now */
  visit(deployment: Deployment): Visit | undefined {
    const admission = this.#admit(deployment);
    return admission.isAdmitted ? this.#open(deployment, admission) : undefined;
  }

  /** Why the deployment is left alone, and for how long. @returns `undefined` when it is asked */
  cooling(deployment: Deployment): { readonly blame: Blame; readonly waitMs: number } | undefined {
    const admission = this.#admit(deployment);
    return admission.isAdmitted ? undefined : admission;
  }

  #admit(deployment: Deployment): Admission {
    return admit(this.#stateOf(deployment), this.#settings.clock.now());
  }

  #open(deployment: Deployment, { state, isProbe }: Extract<Admission, { isAdmitted: true }>): Visit {
    const { clock, onCooling, onRecovered } = this.#settings;
    this.#states.set(deployment, state);
    const end = (next: CoolDownState) => void this.#states.set(deployment, next);
    return {
      succeeded: () => {
        end(afterSuccess(this.#stateOf(deployment), isProbe));
        if (isProbe) onRecovered?.(deployment);
      },
      endedOtherwise: () => end(afterNothing(this.#stateOf(deployment), isProbe, clock.now())),
      failed: (error, blame, settings) => {
        const seconds = error.retryAfterSeconds;
        const retryAfterMs = seconds === undefined ? undefined : seconds * 1000;
        const before = this.#stateOf(deployment);
        const after = afterFailure(before, { blame, retryAfterMs }, clock.now(), settings);
        end(after);
        if (after.phase === "cooling" && after !== before) {
          onCooling?.(deployment, error, after.untilMs - clock.now());
        }
      },
    };
  }

  #stateOf(deployment: Deployment): CoolDownState {
    return this.#states.get(deployment) ?? HEALTHY;
  }
}

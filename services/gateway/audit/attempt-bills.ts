import { computeCostNanoUsd } from "../money/pricing/cost";
import { type Deployment, isBilledWhole } from "../providers/deployment";
import { type MessageProgress, type SettledUsage, settleUsage } from "../wire/internal/progress";
import { addUsage, NO_USAGE, type TokenUsage } from "../wire/internal/usage";

/** What decides the bill of a message that a deployment is sent. */
export interface BilledMessage {
  /** Most output tokens that it asks for. */
  readonly maxTokens: number;
  /** Estimates its prompt. Called at most once, and dropped early: it keeps the whole conversation in memory. */
  readonly estimatePrompt: () => TokenUsage;
}

interface Attempt {
  readonly deployment: Deployment;
  readonly maxTokens: number;
  /** `undefined`: not needed yet. */
  prompt: TokenUsage | undefined;
  estimatePrompt: (() => TokenUsage) | undefined;
  /** `undefined`: the deployment has reported nothing. */
  settled: SettledUsage | undefined;
}

const NOTHING: SettledUsage = { usage: NO_USAGE, isEstimated: false };

/**
 * What all the deployments that a request was sent to bill for it, each at its own prices. A message without any report counts as
 * an estimate, so that nothing is free by mistake.
 */
export class AttemptBills {
  #earlier: SettledUsage = NOTHING;
  #earlierNano: number | null = 0;
  #current: Attempt | undefined;

  /** Begins the bill of another deployment; those before it are summed up. @param message `undefined`: it bills nothing */
  begin(deployment: Deployment, message: BilledMessage | undefined): void {
    this.#earlierNano = this.#sumNano(true);
    this.#earlier = this.settled;
    this.#current = {
      deployment,
      maxTokens: message?.maxTokens ?? 0,
      prompt: undefined,
      estimatePrompt: message?.estimatePrompt,
      settled: message === undefined ? NOTHING : undefined,
    };
  }

  /** What the deployment has reported so far. */
  record(progress: MessageProgress): void {
    const attempt = this.#current;
    if (attempt === undefined) return;
    attempt.settled = settleUsage(progress, {
      maxTokens: attempt.maxTokens,
      isBilledWhole: isBilledWhole(attempt.deployment),
      estimatePrompt: () => promptOf(attempt),
    });
    // The provider has counted it, or it was estimated just now.
    attempt.estimatePrompt = undefined;
  }

  /** The usage of all of them. */
  get settled(): SettledUsage {
    const current = this.#settledNow();
    if (this.#earlier === NOTHING) return current;
    return {
      usage: addUsage(this.#earlier.usage, current.usage),
      isEstimated: this.#earlier.isEstimated || current.isEstimated,
    };
  }

  /** The cost of all of them, in nano-USD. `null`: a deployment has no price. */
  get costNanoUsd(): number | null {
    return this.#sumNano(false);
  }

  /** @param isOver a deployment without a price that used nothing then leaves the sum as it is */
  #sumNano(isOver: boolean): number | null {
    const deployment = this.#current?.deployment;
    // Nothing was asked of a provider: nothing was spent.
    if (deployment === undefined) return this.#earlierNano;
    const { usage } = this.#settledNow();
    if (isOver && usage === NO_USAGE) return this.#earlierNano;
    if (this.#earlierNano === null || deployment.prices === undefined) return null;
    return this.#earlierNano + computeCostNanoUsd(usage, deployment.prices);
  }

  #settledNow(): SettledUsage {
    const attempt = this.#current;
    if (attempt === undefined) return NOTHING;
    return attempt.settled ?? { usage: promptOf(attempt), isEstimated: true };
  }
}

function promptOf(attempt: Attempt): TokenUsage {
  attempt.prompt ??= attempt.estimatePrompt?.() ?? NO_USAGE;
  return attempt.prompt;
}

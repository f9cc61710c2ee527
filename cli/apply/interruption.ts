import { InterruptedError } from "../terminal/interrupted-error";
import { onStopSignal } from "../terminal/stop-signal";
import { DeploymentError, type PlatformState } from "./deployment-error";

/** A signal ended the work, and the text says what state the platform is in. */
export class InterruptedDeployment extends InterruptedError {
  constructor(
    signal: NodeJS.Signals,
    done: string,
    readonly platform: PlatformState,
    remedy?: string,
  ) {
    super(signal, done, remedy);
  }
}

/** What the work tells of itself. */
export interface Steps {
  /** A step has ended, and this is what is so by now; ends the work once a signal has come. */
  readonly checkpoint: (done: string, platform: PlatformState) => void;
  /** A step begins which, should it be cut in two, leaves this. */
  readonly begin: (left: string, platform: PlatformState) => void;
}

/**
 * Runs work whose steps must not be cut in two by a signal: it is heeded between them. What is under way says by itself that it is waited for.
 * @param remedy what to do after an interruption
 * @throws InterruptedDeployment when a signal came, even if the work failed of it: a Ctrl-C reaches docker's command line, too
 */
export async function betweenSteps<T>(work: (steps: Steps) => Promise<T>, remedy?: string): Promise<T> {
  let received: NodeJS.Signals | undefined;
  let reached: readonly [string, PlatformState] = ["nothing was changed", "not changed"];
  const endListening = onStopSignal((_hurry, signal) => {
    received ??= signal;
  });
  const interrupted = (signal: NodeJS.Signals) => {
    const [done, platform] = reached;
    return new InterruptedDeployment(signal, done, platform, platform === "not changed" ? undefined : remedy);
  };
  try {
    return await work({
      checkpoint: (...state) => {
        reached = state;
        if (received !== undefined) throw interrupted(received);
      },
      begin: (...state) => {
        reached = state;
      },
    });
  } catch (error) {
    if (error instanceof InterruptedDeployment) throw error;
    if (error instanceof InterruptedError) throw interrupted(error.signal);
    if (received === undefined) throw error;
    if (error instanceof DeploymentError)
      throw new InterruptedDeployment(received, error.problem, error.platform, error.remedy);
    throw interrupted(received);
  } finally {
    endListening();
  }
}

import { constants } from "node:os";
import { UserError } from "./user-error";

/** The command was asked to end by a signal. Its exit code is 128 + the signal's number, as shells have it. */
export class InterruptedError extends UserError {
  override readonly exitCode: number;

  /** @param done what was done and what was not, after "interrupted by SIGTERM: " */
  constructor(
    readonly signal: NodeJS.Signals,
    readonly done: string,
    remedy?: string,
  ) {
    super(`interrupted by ${signal}: ${done}`, remedy);
    this.name = "InterruptedError";
    this.exitCode = 128 + constants.signals[signal];
  }
}

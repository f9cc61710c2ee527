import type { StartLog } from "./start-log";

/** A step of the start-up. */
export interface Phase {
  /** Shown in the log. */
  readonly name: string;
  /** Whether the workspace counts as not well when it fails, in Coder too. */
  readonly isEssential: boolean;
  /** Said in terminals, after what went wrong. */
  readonly remedy: string;
  /** @returns what came of it, for the log; nothing is said of an empty text */
  readonly run: (say: (message: string) => void) => Promise<string>;
}

/** A phase that failed. */
export interface Problem {
  readonly phase: string;
  readonly message: string;
  readonly remedy: string;
  readonly isEssential: boolean;
}

/** Runs phases one after the other; none keeps the next from running. */
export async function runPhases(phases: readonly Phase[], log: StartLog): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { name, run, remedy, isEssential } of phases) {
    try {
      const outcome = await run((message) => log(name, message));
      if (outcome !== "") log(name, outcome);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log(name, `FAILED: ${message}`);
      problems.push({ phase: name, message, remedy, isEssential });
    }
  }
  return problems;
}

/** What terminals show of problems; they have no log before their eyes. */
export function describeProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ phase, message, remedy }) => `! ${phase}: ${message}\n  Remedy: ${remedy}\n`)
    .join("");
}

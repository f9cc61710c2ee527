import { judge } from "./judge";
import type { RunResult } from "./report";

/** 0: all goals reached; 1: something was wrong; 2: everything was right, and a goal of speed was missed. */
export function exitCode({ options, cells, checks }: RunResult): 0 | 1 | 2 {
  if (cells.some(({ failure }) => failure !== undefined) || checks.some(({ isReached }) => !isReached))
    return 1;
  if (options.isQuick) return 0;
  return cells.flatMap(judge).some(({ isReached }) => isReached === false) ? 2 : 0;
}

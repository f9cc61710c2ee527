import type { Laboratory } from "../measure/laboratory";
import type { Target } from "../targets/target";

/** What a check has to work with. */
export interface CheckContext {
  readonly laboratory: Laboratory;
  /** Two gateways on one database. */
  readonly gateways: readonly [Target, Target];
  /** Fewer repetitions, shorter times. */
  readonly isQuick: boolean;
}

/** What a check found. */
export interface CheckResult {
  readonly goal: string;
  readonly title: string;
  readonly found: string;
  readonly wanted: string;
  readonly isReached: boolean;
}

/** Something that is right or wrong, whatever the speed. */
export interface Check {
  readonly goal: string;
  readonly title: string;
  readonly run: (context: CheckContext) => Promise<Omit<CheckResult, "goal" | "title">>;
}

import { CommanderError } from "commander";
import { ConfigError } from "../constructs/config/config-error";
import { type ConfigFinding, formatProblem } from "../constructs/config/finding";
import { DeploymentError } from "./apply/deployment-error";
import { InterruptedDeployment } from "./apply/interruption";
import { FindingsError } from "./preflight/finding";
import { InterruptedError } from "./terminal/interrupted-error";
import { UserError } from "./terminal/user-error";

/** One thing that is wrong with the configuration, and where; `null` for what is unknown. */
type FindingJson = { readonly problem: string } & {
  readonly [part in Exclude<keyof ConfigFinding, "problem">]: ConfigFinding[part] | null;
};

/** What a command with `--json` prints when it fails. */
export interface FailureJson {
  readonly error: {
    /** In one sentence; of a single finding with its place, value and what is allowed. */
    readonly problem: string;
    readonly remedy: string | null;
    readonly findings: readonly FindingJson[];
  };
}

/** The same of `deploy`, which also says how it leaves the platform. */
export interface DeployFailureJson extends FailureJson {
  readonly result: "refused" | "failed" | "interrupted";
  /** `null`: the problem says how far it came. */
  readonly platform: DeploymentError["platform"] | "not changed" | null;
}

/** Why a command failed, for scripts. */
export function failureAsJson(error: unknown): FailureJson {
  const found = error instanceof FindingsError || error instanceof ConfigError ? error.findings : [];
  const [only] = found;
  const own =
    found.length === 1 && only !== undefined
      ? { problem: formatProblem(only), remedy: only.remedy ?? null }
      : {
          problem: problemOf(error),
          remedy: error instanceof UserError ? (error.remedy ?? null) : null,
        };
  return { error: { ...own, findings: found.map(findingAsJson) } };
}

/** Why `deploy` failed. */
export function deployFailureAsJson(error: unknown): DeployFailureJson {
  const failure = failureAsJson(error);
  if (error instanceof DeploymentError) return { result: "failed", platform: error.platform, ...failure };
  if (error instanceof InterruptedDeployment)
    return { result: "interrupted", platform: error.platform, ...failure };
  if (error instanceof InterruptedError) return { result: "interrupted", platform: null, ...failure };
  const isKnown =
    error instanceof UserError || error instanceof ConfigError || error instanceof CommanderError;
  return isKnown
    ? { result: "refused", platform: "not changed", ...failure }
    : { result: "failed", platform: null, ...failure };
}

function problemOf(error: unknown): string {
  if (error instanceof FindingsError) return error.heading;
  if (error instanceof UserError) return error.problem;
  if (error instanceof ConfigError) return "the configuration cannot be used";
  // Commander's own heading of the help that it shows where a command is missing.
  if (error instanceof CommanderError && error.code === "commander.help") return "no command is given";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^error: /, "");
}

function findingAsJson(finding: ConfigFinding): FindingJson {
  const unknown = { file: null, line: null, column: null, setting: null, value: null, allowed: null };
  return { ...unknown, remedy: null, ...finding };
}

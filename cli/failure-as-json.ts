import { CommanderError } from "commander";
import { ConfigError } from "../constructs/config/config-error";
import { DeploymentError } from "./apply/deployment-error";
import { FindingsError } from "./preflight/finding";
import { InterruptedError } from "./terminal/interrupted-error";
import { UserError } from "./terminal/user-error";

/** One thing that is wrong. */
interface Fault {
  readonly problem: string;
  readonly remedy: string | null;
}

/** What a command with `--json` prints when it fails. */
export interface FailureJson {
  readonly error: Fault & {
    /** Where several things are wrong, or may be: each of them. */
    readonly findings: readonly Fault[];
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
  const findings = findingsOf(error);
  const [only] = findings;
  const own = {
    problem: problemOf(error),
    remedy: error instanceof UserError ? (error.remedy ?? null) : null,
  };
  return { error: { ...(findings.length === 1 && only !== undefined ? only : own), findings } };
}

/** Why `deploy` failed. */
export function deployFailureAsJson(error: unknown): DeployFailureJson {
  const failure = failureAsJson(error);
  if (error instanceof DeploymentError) return { result: "failed", platform: error.platform, ...failure };
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

function findingsOf(error: unknown): Fault[] {
  if (error instanceof FindingsError) {
    return error.findings.map(({ path, problem, allowed, remedy }) => ({
      problem: `${path === undefined ? "" : `${path}: `}${problem}; allowed: ${allowed}`,
      remedy,
    }));
  }
  if (!(error instanceof ConfigError)) return [];
  return error.findings.map((finding) => {
    const at = finding.lastIndexOf(REMEDY);
    return at === -1
      ? { problem: finding, remedy: null }
      : { problem: finding.slice(0, at), remedy: finding.slice(at + REMEDY.length) };
  });
}

/** Before the remedy in a line of a `ConfigError`. */
const REMEDY = "; remedy: ";

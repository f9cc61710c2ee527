import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { PROJECT } from "./source-files";

/** One step of a job. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** The parts of a workflow that tests look at. */
export interface Workflow {
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly if?: string;
        readonly needs?: string;
        readonly permissions?: Readonly<Record<string, string>>;
        readonly "timeout-minutes"?: number;
        readonly outputs?: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      }
    >
  >;
}

/** Text of `.github/workflows/<name>`. */
export function workflowText(name: string): string {
  return readFileSync(join(PROJECT, ".github/workflows", name), "utf8");
}

/** The workflow `.github/workflows/<name>`. */
export function workflow(name: string): Workflow {
  return parse(workflowText(name)) as Workflow;
}

/** What a `run` step left behind. */
export interface StepResult {
  readonly exitCode: number;
  readonly log: string;
  /** As a later step or job reads them. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * Runs the script of a step as a runner does with `shell: bash`: in a file, with `-e` and `-o pipefail`, and files for outputs
 * and the summary.
 * @param folder where the checkout is
 * @param runner folder for the runner's own files
 */
export function runStep(
  step: Step,
  folder: string,
  runner: string,
  env: Record<string, string> = {},
): StepResult {
  const file = (name: string) => join(runner, name);
  for (const name of ["output", "summary"]) writeFileSync(file(name), "");
  writeFileSync(file("step.sh"), step.run ?? "");
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["--noprofile", "--norc", "-e", "-o", "pipefail", file("step.sh")],
    {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        CI: "true",
        RUNNER_TEMP: runner,
        GITHUB_OUTPUT: file("output"),
        GITHUB_STEP_SUMMARY: file("summary"),
        ...env,
      },
    },
  );
  return {
    exitCode: status ?? -1,
    log: stdout + stderr,
    outputs: readOutputs(readFileSync(file("output"), "utf8")),
    summary: readFileSync(file("summary"), "utf8"),
  };
}

/** `name=value` and `name<<end … end`, as the runner reads them. */
function readOutputs(text: string): Record<string, string> {
  const outputs: Record<string, string> = {};
  const lines = text.split("\n");
  while (lines.length > 0) {
    const line = lines.shift() as string;
    const [, name, end] = /^(\w+)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && end !== undefined) {
      const value: string[] = [];
      while (lines.length > 0 && lines[0] !== end) value.push(lines.shift() as string);
      lines.shift();
      outputs[name] = value.join("\n");
    } else if (line.includes("="))
      outputs[line.slice(0, line.indexOf("="))] = line.slice(line.indexOf("=") + 1);
  }
  return outputs;
}

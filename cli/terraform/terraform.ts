import { spawn } from "node:child_process";
import { UserError } from "../terminal/user-error";
import type { TerraformBinary } from "./terraform-binary";

/** Subcommands that know -no-color. */
const COLOURED = new Set(["init", "plan", "apply"]);

/** How one run shows itself. */
export interface RunOptions {
  /** `show` streams to the terminal, `collect` keeps the output and shows it only on failure. */
  readonly output: "show" | "collect";
  /** Exit codes besides 0 that are an answer, not a failure. @default none */
  readonly accept?: readonly number[];
}

/** What one run gave. */
export interface RunResult {
  readonly exitCode: number;
  /** Standard output, with `collect` only. */
  readonly stdout: string;
}

/** Runs Terraform in the folder of one synthesized stack. */
export class Terraform {
  constructor(
    private readonly binary: TerraformBinary,
    private readonly folder: string,
    /** Values of Terraform variables that the secret file does not give. Environment, as arguments are for all to see. */
    private readonly variables: Readonly<Record<string, string>> = {},
  ) {}

  /**
   * `init`, quiet unless it fails. The state is the one that the stack names: never is that of another home, which
   * the folder was used with before, copied or asked about.
   */
  async init(): Promise<void> {
    await this.run(["init", "-input=false", "-reconfigure"], { output: "collect" });
  }

  /**
   * Runs a subcommand.
   * @throws UserError when it fails; with `show` the reason is on the screen already.
   */
  async run(args: readonly string[], { output, accept = [] }: RunOptions): Promise<RunResult> {
    const plain = !process.stdout.isTTY || process.env["NO_COLOR"] ? ["-no-color"] : [];
    const [subcommand = "", ...rest] = args;
    // Options come after the subcommand and before its arguments, such as the plan file.
    const child = withPrivateFiles(() =>
      spawn(this.binary.command, [subcommand, ...(COLOURED.has(subcommand) ? plain : []), ...rest], {
        cwd: this.folder,
        env: { ...process.env, ...this.environment(), CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
        stdio: ["ignore", output === "show" ? "inherit" : "pipe", output === "show" ? "inherit" : "pipe"],
      }),
    );
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk;
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk;
    });
    // Ctrl-C reaches Terraform as well, which then finishes the resource at hand and saves its state: wait for it.
    const patience = () => {};
    process.on("SIGINT", patience);
    try {
      const exitCode = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
      });
      if (exitCode !== 0 && !accept.includes(exitCode)) {
        const reason = output === "show" ? "" : `:\n${(stderr || stdout).trim()}`;
        throw new UserError(`${this.binary.command} ${args[0]} failed with exit code ${exitCode}${reason}`);
      }
      return { exitCode, stdout };
    } finally {
      process.off("SIGINT", patience);
    }
  }

  private environment(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.variables).map(([name, value]) => [`TF_VAR_${name}`, value]),
    );
  }
}

/** State and plans hold secrets: what a child makes is 0600 and 0700, not what the user's umask says. */
function withPrivateFiles<T>(start: () => T): T {
  const umask = process.umask(0o077);
  try {
    return start();
  } finally {
    process.umask(umask);
  }
}

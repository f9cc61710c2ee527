import { type ChildProcess, spawn } from "node:child_process";
import { InterruptedError } from "../terminal/interrupted-error";
import { hasColours, stripColours } from "../terminal/paint";
import { onStopSignal } from "../terminal/stop-signal";
import { UserError } from "../terminal/user-error";
import { MAKE_ROOM } from "../unwritable-file";
import { FollowedOutput } from "./followed-output";
import { lockHolder } from "./state-lock";
import type { TerraformBinary } from "./terraform-binary";
import { WorkInProgress } from "./work-in-progress";

/** Subcommands that know -no-color. */
const COLOURED = new Set(["init", "plan", "apply", "import"]);
/** How much of the output is kept to find reasons in, in characters. */
const MAX_KEPT = 4 * 1024 * 1024;

/** What it, or the engine, says of a full disk. */
const FULL = /no space left on device|disk quota exceeded/i;

/** Takes text: a stream, or who looks for some lines in it. */
export interface TextSink {
  write(text: string): unknown;
}

/** How one run shows itself. */
export interface RunOptions {
  /** `show` passes the output on as it comes, `collect` keeps it and shows it only on failure. */
  readonly output: "show" | "collect";
  /** Where `show` writes. @default process.stdout */
  readonly to?: TextSink;
  /** Exit codes besides 0 that are an answer, not a failure. @default none */
  readonly accept?: readonly number[];
  /** File for the output of a run that changes something: if we are killed, it continues and its output can be read there. @default none */
  readonly log?: string;
  /** Ends the run as a signal would, for a reason of ours. @default never */
  readonly stop?: AbortSignal;
}

/** What one run gave. */
export interface RunResult {
  readonly exitCode: number;
  /** Standard output. */
  readonly stdout: string;
}

/** Terraform ended with an exit code that is no answer. */
export class TerraformError extends UserError {
  constructor(
    problem: string,
    remedy: string | undefined,
    /** What it wrote, without colours. */
    readonly output: string,
    /** Whether it did nothing, since another run has the state. */
    readonly isLocked = false,
  ) {
    super(problem, remedy);
  }
}

/** Runs Terraform in the folder of one synthesized stack. */
export class Terraform {
  constructor(
    private readonly binary: TerraformBinary,
    /** Holds `cdk.tf.json`. */
    readonly folder: string,
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
   * Runs a subcommand, in a process group of its own: no Ctrl-C, closed terminal or end of npm reaches it but through us.
   * A signal is passed on once, and waited for: Terraform then finishes the resource at hand and saves its state.
   * @throws TerraformError when it fails; with `show` the reason is on the screen already
   * @throws InterruptedError after a signal
   */
  async run(args: readonly string[], options: RunOptions): Promise<RunResult> {
    const { output, to = process.stdout, accept = [], log, stop } = options;
    const work = new WorkInProgress();
    let stdout = "";
    let stderr = "";
    const onText = (text: string, isError = false) => {
      work.read(text);
      if (output === "show") (isError && to === process.stdout ? process.stderr : to).write(text);
      if (isError) stderr = (stderr + text).slice(-MAX_KEPT);
      else if (output === "collect") stdout += text;
      else stdout = (stdout + text).slice(-MAX_KEPT);
    };
    const followed = log === undefined ? undefined : new FollowedOutput(log, onText);
    const child = this.spawn(args, followed);
    child.stdout?.setEncoding("utf8").on("data", (text: string) => onText(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => onText(text, true));

    let received: NodeJS.Signals | undefined;
    const interrupt = () => child.kill("SIGINT");
    const endListening = onStopSignal((hurry, signal) => {
      received ??= signal;
      say(hurry ? warnOfKill(signal, child, work) : announceEnd(signal, args, work));
      if (!hurry) interrupt();
    });
    stop?.addEventListener("abort", interrupt, { once: true });
    let exitCode: number;
    try {
      exitCode = await new Promise<number>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve(code ?? 1));
      });
    } finally {
      endListening();
      stop?.removeEventListener("abort", interrupt);
      followed?.end();
    }
    if (received !== undefined) {
      throw new InterruptedError(
        received,
        exitCode === 0 ? `${args[0]} was done` : `${args[0]} ended early, its state is saved`,
      );
    }
    if (exitCode === 0 || accept.includes(exitCode)) return { exitCode, stdout };
    throw this.failure(args, exitCode, stdout, stderr, output === "show");
  }

  private spawn(args: readonly string[], followed: FollowedOutput | undefined): ChildProcess {
    const plain = hasColours() ? [] : ["-no-color"];
    const [subcommand = "", ...rest] = args;
    // Options come after the subcommand and before its arguments, such as the plan file.
    return withPrivateFiles(() =>
      spawn(this.binary.command, [subcommand, ...(COLOURED.has(subcommand) ? plain : []), ...rest], {
        cwd: this.folder,
        env: { ...process.env, ...this.environment(), CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
        detached: true,
        stdio: ["ignore", followed?.descriptor ?? "pipe", followed?.descriptor ?? "pipe"],
      }),
    );
  }

  private failure(
    args: readonly string[],
    exitCode: number,
    stdout: string,
    stderr: string,
    isShown: boolean,
  ): TerraformError {
    const text = stripColours(stderr.trim() === "" ? stdout : stderr);
    const holder = lockHolder(text);
    if (holder !== undefined) {
      return new TerraformError(
        `the state of this platform is in use: ${holder}`,
        "wait for it (--lock-timeout 5m does that by itself). The lock ends with its process, so there is nothing to unlock",
        text,
        true,
      );
    }
    const reason = isShown ? "" : `:\n${text.trim()}`;
    return new TerraformError(
      `${this.binary.command} ${args[0]} failed with exit code ${exitCode}${reason}`,
      FULL.test(text) ? `the disk is full; ${MAKE_ROOM}` : undefined,
      text,
    );
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

function announceEnd(
  signal: NodeJS.Signals,
  [subcommand = ""]: readonly string[],
  work: WorkInProgress,
): string {
  const [first, ...more] = work.addresses;
  const hand = first === undefined ? "" : ` the resource at hand (${[first, ...more].join(", ")})`;
  return `${signal}: finishing${hand || ` ${subcommand}`}, then the state is saved…`;
}

function warnOfKill(signal: NodeJS.Signals, { pid }: ChildProcess, work: WorkInProgress): string {
  const left = work.addresses.join(", ");
  return (
    `${signal} again: still finishing${left === "" ? "" : ` ${left}`}; it is not cut off. ` +
    `A kill (kill -KILL -${pid}) may leave ${left === "" ? "something" : "these"} in the engine without the state knowing; the next deploy finds and heals that.`
  );
}

function say(text: string): void {
  process.stderr.write(`\n${text}\n`);
}

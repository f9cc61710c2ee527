import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../terminal/user-error";
import { LogFile } from "./log-file";

const POLL_MS = 40;
/** Grace of each signal when the user insists, in milliseconds. */
const HURRY_MS = 1000;

/** How a process of the local platform is started and stopped. */
export interface ChildProps {
  /** For messages, and the name of its log. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment: nothing of ours is inherited. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly logs: string;
  /** Is it ready to be used? */
  readonly isReady: () => Promise<boolean>;
  /** Longest time until it is, in milliseconds. @default 30 000 */
  readonly readyMs?: number;
  /** Signals that stop it, each with the time it has before the next, in milliseconds. At last comes SIGKILL. */
  readonly stopSignals: readonly (readonly [signal: NodeJS.Signals, graceMs: number])[];
  /** Does it notice by itself when this process dies, by a channel that closes? @default false */
  readonly watchesParent?: boolean;
}

/** One process of the local platform. */
export class Child {
  /** Settles when the process has ended, with how. */
  readonly ended: Promise<string>;
  private readonly process: ChildProcess;
  private readonly log: LogFile;
  private end: string | undefined;

  constructor(private readonly props: ChildProps) {
    const { name, file, args, env, cwd, uid, gid, logs, watchesParent = false } = props;
    this.log = new LogFile(logs, name);
    this.process = this.log.withDescriptor((output) =>
      spawn(file, args, {
        cwd,
        env,
        uid,
        gid,
        stdio: watchesParent ? ["ignore", output, output, "ipc"] : ["ignore", output, output],
        // A process group of its own: Ctrl-C in the terminal reaches this process alone, which then
        // stops the others in their order.
        detached: true,
      }),
    );
    this.ended = new Promise((resolve) => {
      const settle = (end: string) => {
        this.end ??= end;
        this.log.close();
        resolve(this.end);
      };
      this.process.once("error", (error) => settle(`could not be started: ${error.message}`));
      this.process.once("exit", (code, signal) =>
        settle(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
      );
    });
  }

  get name(): string {
    return this.props.name;
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** What it wrote last, for a person. */
  lastLines(): string {
    return `last lines of ${this.log.path}:\n${this.log.tail().replace(/^/gm, "  | ")}`;
  }

  /** @throws UserError with its last log lines when it ends, or is not ready in time */
  async ready(): Promise<void> {
    const { name, isReady, readyMs = 30_000 } = this.props;
    for (const limit = Date.now() + readyMs; ; await sleep(POLL_MS)) {
      if (this.end !== undefined) throw new UserError(`${name} ${this.end}; ${this.lastLines()}`);
      if (await isReady()) return;
      if (Date.now() > limit) {
        throw new UserError(`${name} was not ready after ${readyMs / 1000} s; ${this.lastLines()}`);
      }
    }
  }

  /** Stops it, whatever that takes. @param hurry goes to the last of its signals, with little grace */
  async stop(hurry = false): Promise<void> {
    const signals = hurry ? this.props.stopSignals.slice(-1) : this.props.stopSignals;
    for (const [signal, graceMs] of signals) {
      if (this.end !== undefined) return;
      this.process.kill(signal);
      const wait = sleep(hurry ? HURRY_MS : graceMs, undefined, { ref: false });
      await Promise.race([this.ended, wait]);
    }
    if (this.end !== undefined) return;
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

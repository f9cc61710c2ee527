import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:net";

/** Which program, and how patiently. */
export interface SupervisedProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** File descriptor for its output. */
  readonly output: number;
  /** One that ran for less is not started again at once, in milliseconds. */
  readonly steadyMs: number;
  /** Pause after the first such end; doubled after each further one, in milliseconds. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

/** A program that is started again whenever it ends. */
export class Supervisor {
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private isStopping = false;

  constructor(
    private readonly program: SupervisedProgram,
    /** Is told of each end. */
    private readonly say: (message: string) => void,
  ) {}

  start(): void {
    const { command, args, env, output, steadyMs, pauseMs, maxPauseMs } = this.program;
    const begin = performance.now();
    const child = spawn(command, [...args], { env, stdio: ["ignore", output, output] });
    this.child = child;
    const ended = (how: string) => {
      if (this.child !== child) return;
      this.child = undefined;
      if (this.isStopping) return;
      this.failures = performance.now() - begin >= steadyMs ? 0 : this.failures + 1;
      const pause = this.failures === 0 ? 0 : Math.min(pauseMs * 2 ** (this.failures - 1), maxPauseMs);
      this.say(`${how}; started again in ${pause} ms`);
      this.timer = setTimeout(() => this.start(), pause);
    };
    child.once("error", (error) => ended(`cannot be started: ${error.message}`));
    child.once("exit", (code, signal) => ended(`ended with ${signal ?? code}`));
  }

  /** Ends the program, and waits for it for up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
    await ended;
    clearTimeout(timer);
  }
}

/**
 * Takes a name that only one process of the container can have; it is free again when the process ends, however it ends.
 * @returns undefined when another process has it
 */
export async function takeName(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    // An abstract socket: no file that could be left behind.
    server.listen(`\0${name}`, () => resolve(server));
  });
}

import { spawn } from "node:child_process";

/** How a command is run. */
export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
  /** Takes each line that it writes. */
  readonly say: (line: string) => void;
}

/** Most bytes of a line, and most lines, that are passed on. */
const MAX_LINE = 2000;
const MAX_LINES = 500;

/**
 * Runs a program to its end, with no input.
 * @throws Error when it cannot be started, ends with another code than 0, or takes longer than `limitMs`
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env, limitMs, say }: CommandOptions,
): Promise<void> {
  // A group of its own, so that what it started ends with it.
  const child = spawn(command, [...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  let lines = 0;
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      const parts = (rest + text).split(/\r?\n|\r/);
      rest = (parts.pop() ?? "").slice(-MAX_LINE);
      for (const part of parts) if (part !== "" && ++lines <= MAX_LINES) say(part.slice(0, MAX_LINE));
    });
    stream.on("end", () => {
      if (rest !== "" && ++lines <= MAX_LINES) say(rest);
    });
  }
  await new Promise<void>((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, limitMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`${command} cannot be started: ${error.message}`));
    });
    // Not "close": something it left in the background may hold its output open.
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, 200);
      if (isLate) reject(new Error(`${command} took longer than ${limitMs / 1000} s`));
      else if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${signal ?? code}`));
    });
  });
}

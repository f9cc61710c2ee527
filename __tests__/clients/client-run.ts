import { spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { installClients } from "./install";
import { RefusingProxy } from "./refusing-proxy";

/** How a client ended. */
export interface ClientResult {
  /** -1: it did not end in time and was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** In milliseconds. */
  readonly durationMs: number;
  /** Hosts other than loopback that it tried to reach. */
  readonly contacted: readonly string[];
}

/** Beyond this a client counts as one that never ends. In milliseconds. */
const LIMIT_MS = 90_000;

/** One client in an empty home and an empty project folder, with nothing of this machine's environment but `PATH`. */
export class ClientRun {
  readonly #root = mkdtempSync(join(tmpdir(), "sluice-client-"));
  readonly home = join(this.#root, "home");
  readonly project = join(this.#root, "project");

  constructor() {
    mkdirSync(this.home);
    mkdirSync(this.project);
  }

  /** Writes a file of the user's home. Readable by its owner alone. */
  writeHome(path: string, content: string): void {
    const file = join(this.home, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
  }

  /** Content of a file of the project; `undefined` if there is none. */
  readProject(path: string): string | undefined {
    const file = join(this.project, path);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  /** Runs a command that a client's package brings, such as `opencode`. */
  command(name: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    return this.#run(join(installClients(), "node_modules/.bin", name), args, env);
  }

  /** Runs a program of `programs/` with the clients' packages beside it. */
  program(name: string, env: Readonly<Record<string, string>>): Promise<ClientResult> {
    const file = join(this.project, basename(name));
    copyFileSync(join(__dirname, "programs", name), file);
    const modules = join(this.project, "node_modules");
    if (!existsSync(modules)) symlinkSync(join(installClients(), "node_modules"), modules);
    return this.#run(process.execPath, [file], env);
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async #run(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string>>,
  ): Promise<ClientResult> {
    const proxy = await RefusingProxy.start();
    const start = Date.now();
    const child = spawn(file, args, {
      cwd: this.project,
      // A group of its own: what it starts ends with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
        HOME: this.home,
        TMPDIR: this.#root,
        ...proxy.environment,
        ...env,
      },
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const timer = setTimeout(() => killGroup(child.pid), LIMIT_MS);
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? -1));
    });
    clearTimeout(timer);
    killGroup(child.pid);
    await proxy.stop();
    return {
      exitCode,
      stdout: stdout.join(""),
      stderr: stderr.join(""),
      durationMs: Date.now() - start,
      contacted: proxy.asked,
    };
  }
}

/** What a stream says, piece by piece, also while it does. */
function collect(stream: Readable): string[] {
  const pieces: string[] = [];
  stream.setEncoding("utf8").on("data", (text: string) => void pieces.push(text));
  return pieces;
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

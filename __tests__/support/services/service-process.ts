import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { bundleService } from "./bundle-service";
import { eventually } from "./eventually";
import { freePort } from "./free-port";

const ROOT = path.resolve(__dirname, "../../..");

/** A service as it is really run: its own process, its own port. */
export class ServiceProcess {
  #output = "";

  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString("utf8");
      });
    }
  }

  /** @param name folder under `services/`. Resolves when the process listens. */
  static async start(name: string, env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(name, env);
    await eventually(() => {
      if (service.child.exitCode !== null) throw new Error(`${name} ended:\n${service.output}`);
      return fetch(service.url).then(() => true);
    }, 20_000).catch((error) => {
      throw new Error(`${name} does not answer: ${String(error)}\n${service.output}`);
    });
    return service;
  }

  /** Starts without waiting, for processes that are expected to end. */
  static async spawn(name: string, env: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, bundleService(name), {
      cwd: ROOT,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOST: "127.0.0.1",
        PORT: String(port),
        PROMPTS_DIRECTORY: path.join(ROOT, "prompts"),
        LAME_DUCK_SECONDS: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new ServiceProcess(child, `http://127.0.0.1:${port}`);
  }

  /** Everything the process printed. */
  get output(): string {
    return this.#output;
  }

  /** A process that a signal ended has no exit code. */
  get #hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves with the exit code. */
  async exited(): Promise<number | null> {
    if (!this.#hasEnded) await once(this.child, "exit");
    return this.child.exitCode;
  }

  async stop(): Promise<void> {
    if (this.#hasEnded) return;
    this.child.kill("SIGKILL");
    await this.exited();
  }
}

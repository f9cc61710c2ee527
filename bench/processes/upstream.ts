import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bindToCore } from "./cores";

/** What the answers of the fake upstream look like. Times in milliseconds. */
export interface UpstreamProfile {
  /** Before the first byte. */
  readonly delayMs: number;
  /** Pieces of text of a streamed answer. */
  readonly chunks: number;
  /** Pieces of text of an answer that the client wants as JSON. */
  readonly jsonChunks: number;
  /** Between two chunks; 0: one burst. */
  readonly paceMs: number;
  /** Of all texts of the prompt in order; a sample of the requests is checked. Empty: none is. */
  readonly promptSha256: string;
  /** Texts that the target puts into the prompt: the first must stand before everything else. @default - none */
  readonly added?: readonly string[];
  /** Notes arrivals, and ends of streams that were cut off. */
  readonly watchClose: boolean;
}

/** What the upstream has counted since its start. */
export interface UpstreamStats {
  readonly answers: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly promptsChecked: number;
  readonly promptsWrong: number;
  readonly badRequests: number;
  readonly aborted: number;
}

/** Times in ns since 1970. */
export interface UpstreamLog {
  /** Stream → when its connection was seen to end. */
  readonly closes: Readonly<Record<string, number>>;
  readonly arrivals: readonly number[];
}

/** The fake model provider. */
export class FakeUpstream {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  static async start(program: string, core: number | undefined): Promise<FakeUpstream> {
    const child = spawn(program, [], {
      env: { ...process.env, ...(core === undefined ? {} : { GOMAXPROCS: "1" }) },
      stdio: ["pipe", "pipe", "inherit"],
    });
    if (child.pid !== undefined) bindToCore(child.pid, core);
    const [line] = (await once(createInterface(child.stdout), "line")) as [string];
    return new FakeUpstream(child, Number(line.replace("listening ", "")));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async setProfile(profile: UpstreamProfile): Promise<void> {
    await this.#ask("/profile", profile);
  }

  stats(): Promise<UpstreamStats> {
    return this.#ask("/stats");
  }

  /** Gives out what was noted and forgets it. */
  takeLog(): Promise<UpstreamLog> {
    return this.#ask("/log");
  }

  stop(): void {
    this.child.kill("SIGKILL");
  }

  async #ask<Answer>(path: string, body: unknown = {}): Promise<Answer> {
    const response = await fetch(this.url + path, { method: "POST", body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`fake upstream ${path}: ${response.status}`);
    return (await response.json()) as Answer;
  }
}

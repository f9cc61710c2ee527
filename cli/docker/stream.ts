import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";

/** A docker command that keeps printing lines. */
export class DockerStream {
  /** Lines of standard output and of standard error, to be read at the reader's pace. */
  readonly lines: readonly AsyncIterable<string>[];
  /** The exit code; 127 when docker is not installed. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;

  constructor(args: readonly string[]) {
    const child = spawn("docker", [...args], { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    // Node throws away what nobody has read yet when a child ends; a pipe counts as a reader.
    this.lines = [child.stdout, child.stderr].map((output) => linesOf(output.pipe(new PassThrough())));
    this.ended = new Promise((resolve) => {
      child.on("error", () => resolve(127));
      child.on("close", (code) => resolve(code ?? 130));
    });
  }

  stop(): void {
    this.#child.kill("SIGKILL");
  }
}

/** The interface is made by who reads: it does not keep lines that come before. */
async function* linesOf(input: Readable): AsyncGenerator<string> {
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}

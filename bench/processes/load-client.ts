import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bindToCore } from "./cores";

/** What the load client is to send. Times in milliseconds. */
export interface LoadOrder {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Requests a second, due whatever the answers do; 0: each connection sends when it has its answer. */
  readonly ratePerSecond: number;
  /** Not counted; connections start spread over its first half. */
  readonly warmupMs: number;
  readonly durationMs: number;
  readonly isStream: boolean;
  /** Pieces of text that every answer must have. */
  readonly chunks: number;
  readonly bodyFile: string;
  readonly keysFile: string;
  /** Leaves each stream after 1 … this many chunks; 0: never. */
  readonly abortAfter: number;
  /** Statuses besides 200 that are no failures. */
  readonly refusals: readonly number[];
  /** For one answer. */
  readonly timeoutMs: number;
}

/** Exact percentiles, in µs. */
export interface Percentiles {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What the load client saw. `counted…` is what ended in the counted time. */
export interface LoadResult {
  readonly seconds: number;
  /** Complete and right answers, warm-up included. */
  readonly answers: number;
  readonly countedAnswers: number;
  readonly countedChunks: number;
  /** Status → answers. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Kind → exchanges without a right answer. */
  readonly failures: Readonly<Record<string, number>>;
  readonly latency: Percentiles;
  readonly firstByte: Percentiles;
  /** From the upstream's write to the client's read. */
  readonly chunkDelay: Percentiles;
  /** Streams that were left, and when, in ns since 1970. */
  readonly aborts: readonly { readonly stream: string; readonly atNs: number; readonly chunks: number }[];
}

/** Called at the ends of the counted time. */
export interface LoadMoments {
  readonly onBegin?: () => void;
  readonly onEnd?: () => void;
}

/** Runs the load client once. @throws when it cannot do its work at all */
export async function runLoad(
  program: string,
  core: number | undefined,
  order: LoadOrder,
  moments: LoadMoments = {},
): Promise<LoadResult> {
  const child = spawn(program, [], {
    env: { ...process.env, ...(core === undefined ? {} : { GOMAXPROCS: "1" }) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  if (child.pid !== undefined) bindToCore(child.pid, core);
  let errors = "";
  let last = "";
  child.stderr.on("data", (text: Buffer) => {
    errors += text.toString("utf8");
  });
  const lines = createInterface(child.stdout);
  lines.on("line", (line) => {
    if (line === "begin") moments.onBegin?.();
    else if (line === "end") moments.onEnd?.();
    else last = line;
  });
  child.stdin.end(JSON.stringify(order));
  const ended = once(lines, "close");
  const [code] = (await once(child, "exit")) as [number | null];
  await ended;
  if (code !== 0) throw new Error(`load client: ${errors.trim() || `exit code ${code}`}`);
  return JSON.parse(last) as LoadResult;
}

import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from "node:fs";
import { join } from "node:path";

/** A log longer than this is cut while it grows, in bytes. */
const MAX_BYTES = 20 * 1024 * 1024;
const CHECK_MS = 30_000;
/** What is read of a log's end, in bytes. */
const TAIL_BYTES = 16 * 1024;

/** The log of one process: what it wrote since it was started, and the log before that. */
export class LogFile {
  readonly path: string;
  private readonly previous: string;
  private readonly watch: NodeJS.Timeout;

  constructor(folder: string, name: string) {
    this.path = join(folder, `${name}.log`);
    this.previous = join(folder, `${name}.previous.log`);
    if (existsSync(this.path)) renameSync(this.path, this.previous);
    this.watch = setInterval(() => this.bound(), CHECK_MS).unref();
  }

  /** Runs `use` with a descriptor for a child's output. */
  withDescriptor<T>(use: (descriptor: number) => T): T {
    // Appending: after truncation the writer continues at the new end.
    const descriptor = openSync(this.path, "a", 0o600);
    try {
      return use(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  /** The last lines; empty when there are none. */
  tail(lines = 12): string {
    try {
      const { size } = statSync(this.path);
      const descriptor = openSync(this.path, "r");
      const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
      closeSync(descriptor);
      return buffer.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
    } catch {
      return "";
    }
  }

  /** Moves a log that grew too long away, so that one process fills at most twice the limit. */
  bound(maxBytes = MAX_BYTES): void {
    if (!existsSync(this.path) || statSync(this.path).size <= maxBytes) return;
    copyFileSync(this.path, this.previous);
    truncateSync(this.path, 0);
  }

  close(): void {
    clearInterval(this.watch);
  }
}

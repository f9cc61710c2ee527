import { closeSync, fchmodSync, openSync, readSync } from "node:fs";

/** How often to look for more, in milliseconds. */
const POLL_MS = 100;
const CHUNK_BYTES = 64 * 1024;

/**
 * Output of a child that goes through a file, for a child that must be able to outlive us: one that writes into a pipe
 * dies of it (SIGPIPE) as soon as nobody reads.
 */
export class FollowedOutput {
  /** For the child's stdout and stderr. */
  readonly descriptor: number;
  private readonly reader: number;
  private readonly timer: NodeJS.Timeout;
  private readonly buffer = Buffer.alloc(CHUNK_BYTES);
  private readonly decoder = new TextDecoder();

  /**
   * @param file begun anew, mode 0600
   * @param onText is given what the child writes, as it comes
   */
  constructor(
    file: string,
    private readonly onText: (text: string) => void,
  ) {
    this.descriptor = openSync(file, "w", 0o600);
    fchmodSync(this.descriptor, 0o600);
    this.reader = openSync(file, "r");
    this.timer = setInterval(() => this.drain(), POLL_MS);
  }

  /** After the child has ended: hands over the rest. */
  end(): void {
    clearInterval(this.timer);
    this.drain();
    closeSync(this.reader);
    closeSync(this.descriptor);
  }

  private drain(): void {
    for (;;) {
      const bytes = readSync(this.reader, this.buffer, 0, CHUNK_BYTES, null);
      if (bytes === 0) return;
      this.onText(this.decoder.decode(this.buffer.subarray(0, bytes), { stream: true }));
    }
  }
}

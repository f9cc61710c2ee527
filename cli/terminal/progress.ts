/** Where progress goes. */
export interface ProgressOptions {
  /** Show nothing, for output that a script reads. @default false */
  readonly quiet?: boolean;
}

/** Shows long work as steps with their time. Plain lines in CI and pipes, colour on a terminal (unless NO_COLOR). */
export class Progress {
  private readonly quiet: boolean;
  private readonly colour: boolean;
  private readonly live: boolean;

  constructor({ quiet = false }: ProgressOptions = {}) {
    this.quiet = quiet;
    this.live = process.stderr.isTTY === true && !process.env["CI"];
    this.colour = this.live && !process.env["NO_COLOR"];
  }

  /**
   * Runs `work` as one step. `work` may call `done(text)` to say in the final line what came out.
   * A failure ends the line with ✗ and is passed on.
   */
  async step<T>(label: string, work: (done: (result: string) => void) => T | Promise<T>): Promise<T> {
    const start = Date.now();
    let result = "";
    if (this.live) this.write(`… ${label}`);
    try {
      const value = await work((text) => {
        result = ` (${text})`;
      });
      this.end("✓", 32, `${label}${result}`, start);
      return value;
    } catch (error) {
      this.end("✗", 31, label, start);
      throw error;
    }
  }

  private end(mark: string, colour: number, text: string, start: number) {
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    const shown = this.colour ? `\x1b[${colour}m${mark}\x1b[0m` : mark;
    this.write(`${this.live ? "\r\x1b[2K" : ""}${shown} ${text}, ${seconds} s\n`);
  }

  private write(text: string) {
    if (!this.quiet) process.stderr.write(text);
  }
}

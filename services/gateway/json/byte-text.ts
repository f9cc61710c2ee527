/** Pieces this long are made each for itself. */
const LONG_BYTES = 512;
/** Strings of more than 128 KiB are slow to make: the engine gives each its own memory pages. */
const WINDOW_BYTES = 32 * 1024;

/**
 * A body as text with one character for each byte, a window at a time: short pieces are slices of the window, which cost
 * next to nothing.
 */
export class ByteText {
  readonly #bytes: Buffer;
  #window = "";
  #from = 0;
  #until = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Pieces must be asked for in the order in which they stand. */
  slice(start: number, end: number): string {
    if (end - start >= LONG_BYTES) return this.#bytes.toString("latin1", start, end);
    if (end > this.#until || start < this.#from) this.#move(start);
    return this.#window.slice(start - this.#from, end - this.#from);
  }

  #move(start: number): void {
    this.#from = start;
    this.#until = Math.min(start + WINDOW_BYTES, this.#bytes.length);
    this.#window = this.#bytes.toString("latin1", start, this.#until);
  }
}

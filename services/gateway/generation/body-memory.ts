import { overloaded, tooManyValues } from "../errors/catalogue";
import type { BodyRoom } from "../http/capacity";
import { MAX_VALUES, ValueAllowance } from "../json/json-value";

/**
 * Memory that a value takes, in bytes. An object with one member of a unique name takes about 220 when it is read, which is two
 * values of 110, and about as much again when it is translated.
 */
const VALUE_BYTES = 256;

/**
 * The memory for the values of one request. The bytes of its body are booked already, which is enough for as many values as
 * agents send; a body that is little else than values books the rest here, before further bodies are read.
 */
export class ValueMemory {
  #values: number;
  #bookedBytes = 0;

  /**
   * @param room of the body; gives everything back when nothing of it is needed any more
   * @param values of the body
   * @throws GatewayError 413 when a request alone can never have so much, 503 when there is too little at the moment
   */
  constructor(
    readonly room: Pick<BodyRoom, "take" | "most"> | undefined,
    readonly bodyBytes: number,
    values: number,
  ) {
    this.#values = values;
    this.#book(values);
  }

  /** For texts of the body that are JSON, each time that it is translated. */
  openAllowance(): ValueAllowance {
    return new ValueAllowance(MAX_VALUES - this.#values);
  }

  /** Books what was read of an allowance. @throws GatewayError 413, 503 */
  bookTexts({ used }: ValueAllowance): void {
    if (used > 0) this.#book(this.#values + used);
  }

  #book(values: number): void {
    if (this.room === undefined) return;
    const needed = values * VALUE_BYTES - this.bodyBytes;
    const more = needed - this.#bookedBytes;
    if (more <= 0) return;
    if (this.bodyBytes + needed > this.room.most)
      throw tooManyValues(Math.floor(this.room.most / VALUE_BYTES));
    if (!this.room.take(more)) throw overloaded("JSON values in memory");
    this.#bookedBytes = needed;
  }
}

/** From this size on, in bytes, reading, translating and writing a body can noticeably delay other requests. */
const LARGE_BYTES = 128 * 1024;

/**
 * Admits large bodies one at a time, in their order, with a turn of the event loop between two. Each is processed synchronously:
 * several that arrive together would otherwise block all other requests until the last is done.
 */
export class LargeBodies {
  #last: Promise<void> | undefined;

  /** Resolves when a body may be read: at once for a small one, or when no other large one was in this turn of the loop. */
  turn(bytes: number): Promise<void> | undefined {
    if (bytes < LARGE_BYTES) return undefined;
    const before = this.#last;
    const next = new Promise<void>((resolve) => {
      // From when this one has its turn.
      const pass = () => setImmediate(resolve);
      if (before === undefined) pass();
      else void before.then(pass);
    });
    this.#last = next;
    void next.then(() => {
      if (this.#last === next) this.#last = undefined;
    });
    return before;
  }
}

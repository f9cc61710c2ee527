import type { GatewayError } from "../errors";

/** An answer that is being made, which its client or the shutdown may end. An `AbortSignal` of a few fields: there is one for each request. */
export class RunningAnswer {
  #reason: GatewayError | undefined;
  #onAbort: ((reason: GatewayError) => void) | undefined;

  /** Why it was ended. `undefined` while it runs. */
  get reason(): GatewayError | undefined {
    return this.#reason;
  }

  /** Whether it was ended before its time. */
  get isAborted(): boolean {
    return this.#reason !== undefined;
  }

  /** @throws GatewayError */
  throwIfAborted(): void {
    if (this.#reason !== undefined) throw this.#reason;
  }

  /** What to do when it is ended: the last one given holds, and runs at once when that has happened already. */
  onAbort(listener: (reason: GatewayError) => void): void {
    this.#onAbort = listener;
    if (this.#reason !== undefined) listener(this.#reason);
  }

  /** Ends it, once. */
  abort(reason: GatewayError): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#onAbort?.(reason);
  }
}

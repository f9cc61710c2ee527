import type { GatewayError } from "../errors";
import type { LeftAnswers } from "./left-answers";

/** Ends an answer. @param left where it may be read on for its bill; not given when all is ended at once */
export type AbortListener = (reason: GatewayError, left: LeftAnswers | undefined) => void;

/** An answer that is being made, which its client or the shutdown may end. An `AbortSignal` of a few fields: there is one for each request. */
export class RunningAnswer {
  #reason: GatewayError | undefined;
  #left: LeftAnswers | undefined;
  #onAbort: AbortListener | undefined;

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
  onAbort(listener: AbortListener): void {
    this.#onAbort = listener;
    if (this.#reason !== undefined) listener(this.#reason, this.#left);
  }

  /** Ends it, once. @param left where it may be read on for its bill. @default - nowhere */
  abort(reason: GatewayError, left?: LeftAnswers): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#left = left;
    this.#onAbort?.(reason, left);
  }
}

import type { Dispatcher } from "undici";
import type { GatewayError } from "../errors";
import { toUpstreamFailure } from "./client";
import { type Headers, invalidAnswer } from "./read-error";

/** What is read of an answer in one piece, in bytes: it is a few numbers, or an error. */
const MAX_BYTES = 64 * 1024;

/** An answer of a provider in one piece. */
export interface WholeAnswerParts {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
}

/** Takes a short answer that is no stream of events. Size is bounded; time is, by whoever calls `cancel`. */
export class WholeAnswer implements Dispatcher.DispatchHandler {
  /** Settles when everything came, or nothing more will. @throws GatewayError when none comes, or one that is too long */
  readonly parts: Promise<WholeAnswerParts>;
  #resolve: (parts: WholeAnswerParts) => void = () => {};
  #reject: (reason: GatewayError) => void = () => {};
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #head: { status: number; headers: Headers } | undefined;
  #size = 0;
  #isOver = false;

  constructor() {
    this.parts = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** Gives the connection up; who waits gets `reason`. Does nothing after the end. */
  cancel(reason: GatewayError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reject(reason);
    this.#controller?.abort(reason);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("nobody waits for the answer"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    if (status >= 200) this.#head = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > MAX_BYTES) this.cancel(invalidAnswer("answer too large"));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver || this.#head === undefined) return;
    this.#isOver = true;
    this.#resolve({ ...this.#head, bytes: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.cancel(toUpstreamFailure(error));
  }
}

import type { ServerResponse } from "node:http";

/** @param isAnswered whether the answer was sent to its last byte */
type OverListener = (isAnswered: boolean) => void;

/**
 * One request and its answer, until nobody waits for either: the answer is sent, or its connection is gone. Whatever a
 * request holds is given back here. A response alone does not tell: one that stands behind another on its connection
 * never closes when that is reset.
 */
export class Exchange {
  static readonly #all = new WeakMap<ServerResponse, Exchange>();
  readonly #response: ServerResponse;
  #listeners: OverListener[] = [];
  #isOver = false;

  private constructor(response: ServerResponse) {
    this.#response = response;
    const { socket } = response.req;
    if (response.closed || socket.destroyed) {
      this.#isOver = true;
      return;
    }
    const end = () => {
      response.off("close", end);
      // Connections outlive their requests, and would collect listeners.
      socket.off("close", end);
      this.#end();
    };
    response.once("close", end);
    socket.once("close", end);
  }

  /** The exchange that a response belongs to; always the same one. */
  static of(response: ServerResponse): Exchange {
    let exchange = Exchange.#all.get(response);
    if (exchange === undefined) {
      exchange = new Exchange(response);
      Exchange.#all.set(response, exchange);
    }
    return exchange;
  }

  /** Whether nobody waits any more, so that writing has no sense. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Runs `listener` once, when it is over: at once when it is already. In the order in which they were added. */
  onOver(listener: OverListener): void {
    if (this.#isOver) listener(this.#response.writableFinished);
    else this.#listeners.push(listener);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener(this.#response.writableFinished);
  }
}

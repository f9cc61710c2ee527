import type { ServerResponse } from "node:http";
import { clientClosed, type GatewayError } from "../errors";

/** Running answers, so that they can be ended: each by its own client, all of them by the shutdown. */
export class InFlight {
  readonly #controllers = new Set<AbortController>();

  get size(): number {
    return this.#controllers.size;
  }

  /** @returns a signal that is aborted when the connection of `response` closes before its end, or by `abortAll` */
  track(response: ServerResponse): AbortSignal {
    const controller = new AbortController();
    this.#controllers.add(controller);
    const onClose = () => {
      this.#controllers.delete(controller);
      if (!response.writableFinished) controller.abort(clientClosed());
    };
    // A client that left before this line sends no further event.
    if (response.destroyed) onClose();
    else response.once("close", onClose);
    return controller.signal;
  }

  /** Ends what is running. */
  abortAll(reason: GatewayError): void {
    for (const controller of this.#controllers) controller.abort(reason);
  }
}

import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { Exchange } from "../http/exchange";

const HEAD = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Proxies such as nginx would hold events back.
  "x-accel-buffering": "no",
};

/** Writes server-sent events to the client's socket. Nothing is sent before the first `write`. */
export class SseResponse {
  readonly #raw: ServerResponse;
  readonly #exchange: Exchange;
  readonly #onDrain: () => void;

  /** @param onDrain the socket takes more after a `write` that returned false, or is gone */
  constructor(
    readonly reply: FastifyReply,
    onDrain: () => void,
  ) {
    this.#raw = reply.raw;
    this.#exchange = Exchange.of(reply.raw);
    this.#onDrain = onDrain;
  }

  /** Whether the status is out, so that an error can only be an event. */
  get hasBegun(): boolean {
    return this.#raw.headersSent;
  }

  /** @param text one character for each byte @returns whether more may be written at once */
  write(text: string): boolean {
    // Writing to a socket that is gone raises an error nobody listens to.
    if (this.#exchange.isOver) return true;
    this.#begin();
    return this.#raw.write(text, "latin1");
  }

  end(text: string): void {
    if (this.#exchange.isOver) return;
    this.#begin();
    this.#raw.end(text, "latin1");
  }

  /** Ends the connection, unless the answer came to its end: nobody else would, once it has begun. */
  cutOff(): void {
    if (this.hasBegun && !this.#raw.writableEnded) this.#raw.destroy();
  }

  #begin(): void {
    if (this.#raw.headersSent) return;
    // From here on Fastify leaves the socket alone.
    this.reply.hijack();
    this.#raw.on("drain", this.#onDrain);
    this.#exchange.onOver(this.#onDrain);
    this.#raw.writeHead(200, { ...(this.reply.getHeaders() as Record<string, string>), ...HEAD });
  }
}

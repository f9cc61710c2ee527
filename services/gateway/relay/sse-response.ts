import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";

/** Writes server-sent events to the client's socket. Nothing is sent before the first `write`. */
export class SseResponse {
  readonly #raw: ServerResponse;

  constructor(readonly reply: FastifyReply) {
    this.#raw = reply.raw;
  }

  /** Whether the status is out, so that an error can only be an event. */
  get hasBegun(): boolean {
    return this.#raw.headersSent;
  }

  /** Resolves when the socket takes more, or is closed. */
  async write(text: string): Promise<void> {
    // Writing to a socket that is gone raises an error nobody listens to.
    if (this.#raw.destroyed) return;
    this.#begin();
    if (this.#raw.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#raw.off("drain", done);
        this.#raw.off("close", done);
        resolve();
      };
      this.#raw.once("drain", done);
      this.#raw.once("close", done);
    });
  }

  end(text: string): void {
    if (this.#raw.destroyed) return;
    this.#begin();
    this.#raw.end(text);
  }

  #begin(): void {
    if (this.#raw.headersSent) return;
    // From here on Fastify leaves the socket alone.
    this.reply.hijack();
    for (const [name, value] of Object.entries(this.reply.getHeaders())) {
      if (value !== undefined) this.#raw.setHeader(name, value);
    }
    this.#raw.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      // Proxies such as nginx would hold events back.
      "x-accel-buffering": "no",
    });
  }
}

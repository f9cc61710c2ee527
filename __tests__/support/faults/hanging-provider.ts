import { once } from "node:events";
import http from "node:http";
import net, { type AddressInfo, type Socket } from "node:net";

/** How a provider hangs: it never answers; its head is the last of its answer; it never gets as far as a connection with TLS. */
export const HANGS = ["no-answer", "head-only", "no-handshake"] as const;
export type Hang = (typeof HANGS)[number];

/** A provider that takes connections and requests, and says nothing more. */
export class HangingProvider {
  readonly #sockets = new Set<Socket>();
  readonly #http = http.createServer((request, response) => {
    request.resume();
    if (request.url?.startsWith("/head-only/") !== true) return;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
  });
  readonly #tcp = net.createServer((socket) => this.#keep(socket));

  static async start(): Promise<HangingProvider> {
    const provider = new HangingProvider();
    provider.#http.on("connection", (socket) => provider.#keep(socket));
    for (const server of [provider.#http, provider.#tcp]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return provider;
  }

  /** The base of its API. */
  urlOf(hang: Hang): string {
    return hang === "no-handshake"
      ? `https://127.0.0.1:${portOf(this.#tcp)}`
      : `http://127.0.0.1:${portOf(this.#http)}/${hang}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of [this.#http, this.#tcp]) {
      server.close();
      await once(server, "close");
    }
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

const portOf = (server: net.Server) => (server.address() as AddressInfo).port;

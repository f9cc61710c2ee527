import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** Forwards connections to a port, until their other end is gone without a word: no data, no FIN, no RST. */
export class HalfOpenProxy {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  private constructor(readonly targetPort: number) {
    this.#server = createServer((socket) => this.#forward(socket));
  }

  static async start(targetPort: number): Promise<HalfOpenProxy> {
    const proxy = new HalfOpenProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that there are now are cut off; those that come later are not. */
  cutOff(): void {
    for (const socket of this.#sockets) {
      socket.removeAllListeners("data");
      // It still takes what is sent, as a router that drops packets seems to for a while.
      socket.resume();
      socket.on("data", () => {});
    }
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #forward(client: Socket): void {
    const server = connect({ port: this.targetPort, host: "127.0.0.1" });
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on("data", (chunk) => void to.write(chunk));
      from.on("end", () => {
        if (this.#sockets.has(from)) to.end();
      });
      from.on("close", () => {
        if (this.#sockets.delete(from)) to.destroy();
      });
      from.on("error", () => {});
    }
  }
}

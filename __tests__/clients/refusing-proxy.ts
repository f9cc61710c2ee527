import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A web proxy that lets nothing through and remembers who was asked for. Clients get it as their way out. */
export class RefusingProxy {
  /** `host:port` or URL of each try. */
  readonly asked: string[] = [];

  private constructor(private readonly server: Server) {
    server.on("request", (request, response) => {
      this.asked.push(request.url ?? "");
      response.writeHead(403).end();
    });
    server.on("connect", (request, socket) => {
      this.asked.push(request.url ?? "");
      // A client that is killed resets it.
      socket.on("error", () => socket.destroy());
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
  }

  static async start(): Promise<RefusingProxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new RefusingProxy(server);
  }

  /** The variables by which programs find their proxy; loopback is reached without it. */
  get environment(): Record<string, string> {
    const url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    const direct = "127.0.0.1,localhost";
    return {
      HTTP_PROXY: url,
      HTTPS_PROXY: url,
      ALL_PROXY: url,
      NO_PROXY: direct,
      http_proxy: url,
      https_proxy: url,
      all_proxy: url,
      no_proxy: direct,
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

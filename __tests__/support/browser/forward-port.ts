import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { docker } from "../applied/docker";
import { passesWithin } from "../applied/passes-within";

/** Where the container listens for this process. */
const RELAY_PORT = 18_999;

/** A port of this host that leads to a port of a container's loopback: as `127.0.0.1` it is a secure context for browsers. */
export class ForwardedPort {
  private constructor(private readonly server: Server) {}

  /** @param container one with Node.js, on the engine's default network at `address` */
  static async open(container: string, address: string, port: number): Promise<ForwardedPort> {
    const relay = `require("net").createServer((a) => { const b = require("net").connect(${port}, "127.0.0.1");
      for (const s of [a, b]) s.on("error", () => { a.destroy(); b.destroy(); }); a.pipe(b).pipe(a); }).listen(${RELAY_PORT})`;
    docker("exec", "--detach", container, "node", "-e", relay);
    const server = createServer((near) => {
      const far = connect(RELAY_PORT, address);
      for (const socket of [near, far])
        socket.on("error", () => {
          near.destroy();
          far.destroy();
        });
      near.pipe(far).pipe(near);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const forwarded = new ForwardedPort(server);
    await passesWithin(20, () => fetch(forwarded.url));
    return forwarded;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }
}

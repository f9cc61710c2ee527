import { once } from "node:events";
import net from "node:net";

/** How much of what it was told a connection keeps. */
const KEPT_BYTES = 64 * 1024;

/** A client's side of a TCP connection, with which it does what no HTTP library does. */
export class RawConnection {
  /** Resolves when the connection has closed, from whichever side, with the time since it was opened, in milliseconds. */
  readonly closed: Promise<number>;
  /** Bytes that came. */
  received = 0;
  #kept = "";

  private constructor(private readonly socket: net.Socket) {
    const opened = performance.now();
    socket.on("data", (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.#kept.length < KEPT_BYTES) this.#kept += chunk.toString("latin1");
    });
    // A reset is one way to close.
    socket.on("error", () => {});
    // Half closed is closed, as far as the server is concerned.
    socket.on("end", () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.once("close", () => resolve(performance.now() - opened));
    });
  }

  /** @param from loopback address to come from */
  static async open(url: string, from = "127.0.0.1"): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = net.connect({ host: hostname, port: Number(port), localAddress: from });
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  /** Opens several, a hundred at a time. @param fromOf address of each */
  static async openMany(
    url: string,
    count: number,
    fromOf?: (index: number) => string,
  ): Promise<RawConnection[]> {
    const opened: RawConnection[] = [];
    while (opened.length < count) {
      const next = Array.from({ length: Math.min(100, count - opened.length) }, (_, index) =>
        RawConnection.open(url, fromOf?.(opened.length + index)),
      );
      opened.push(...(await Promise.all(next)));
    }
    return opened;
  }

  get isClosed(): boolean {
    return this.socket.destroyed;
  }

  /** The beginning of what came, as Latin-1. */
  get text(): string {
    return this.#kept;
  }

  /** Of the first answer. `undefined`: there is none yet. */
  get status(): number | undefined {
    const found = /^HTTP\/1\.1 (\d{3})/.exec(this.#kept)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** Resolves when the bytes are on their way, or the connection is closed. */
  async send(bytes: string | Buffer): Promise<void> {
    if (this.isClosed || this.socket.write(bytes, "latin1")) return;
    await Promise.race([once(this.socket, "drain").catch(() => {}), this.closed]);
  }

  /** Sends a long text in pieces, as fast as they are taken, until the connection is closed. */
  async sendAll(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length && !this.isClosed; at += KEPT_BYTES)
      await this.send(bytes.subarray(at, at + KEPT_BYTES));
  }

  /** Reads no more, so that the server cannot write any more, soon. */
  stopReading(): void {
    this.socket.pause();
  }

  /** Leaves with a reset, as a client that crashed does. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** The head of a request. @param contentLength of a body that may come, or not */
export function requestHead(method: string, path: string, key?: string, contentLength?: number): string {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: gateway",
    ...(key === undefined ? [] : [`authorization: Bearer ${key}`]),
    ...(contentLength === undefined
      ? []
      : ["content-type: application/json", `content-length: ${contentLength}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A whole request. */
export function requestText(method: string, path: string, key: string, body: object): string {
  const text = JSON.stringify(body);
  return requestHead(method, path, key, Buffer.byteLength(text)) + text;
}

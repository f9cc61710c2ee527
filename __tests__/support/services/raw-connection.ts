import { once } from "node:events";
import net from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { eventually } from "./eventually";

/** A client's connection, byte by byte. */
export class RawConnection {
  readonly #socket: net.Socket;
  #received = "";
  #isClosed = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#received += chunk.toString("latin1");
    });
    // A connection that was reset tells so by an error, and closes after it.
    socket.on("error", () => {});
    socket.once("close", () => {
      this.#isClosed = true;
    });
  }

  /** @param url of the server, such as `http://127.0.0.1:4000` */
  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = net.connect(Number(port), hostname);
    const connection = new RawConnection(socket);
    await once(socket, "connect");
    return connection;
  }

  /** Everything that came, as latin1. */
  get received(): string {
    return this.#received;
  }

  /** Status codes of the answers that came. */
  get statuses(): number[] {
    return [...this.#received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(bytes);
  }

  /** Sends in pieces with a pause before each. @param pauseMs milliseconds */
  async trickle(pieces: Iterable<string>, pauseMs: number): Promise<void> {
    for (const piece of pieces) {
      await wait(pauseMs);
      if (this.#isClosed) return;
      this.send(piece);
    }
  }

  /** Takes no more of what the other side sends. */
  stopReading(): void {
    this.#socket.pause();
  }

  /** Takes on. @param chunks that are taken before it stops again @default all */
  startReading(chunks = Number.POSITIVE_INFINITY): void {
    let count = 0;
    const onData = () => {
      count += 1;
      if (count < chunks) return;
      this.#socket.off("data", onData);
      this.#socket.pause();
    };
    if (chunks !== Number.POSITIVE_INFINITY) this.#socket.on("data", onData);
    this.#socket.resume();
  }

  /** Ends it with a RST, as a client does that crashed. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Resolves when so many answers began. */
  async answers(count = 1, limitMs?: number): Promise<void> {
    await eventually(() => this.statuses.length >= count, limitMs);
  }

  /** Resolves when the other side has closed it. */
  async closed(limitMs?: number): Promise<void> {
    await eventually(() => this.#isClosed, limitMs);
  }
}

/** The head of a request, and its body when it has one; a length is given along unless `headers` say how long it is. */
export function rawRequest(
  method: string,
  path: string,
  {
    headers = {},
    body,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string } = {},
): string {
  const hasLength = Object.keys(headers).some((name) => /^(content-length|transfer-encoding)$/i.test(name));
  const all = {
    host: "gateway",
    ...(body === undefined || hasLength ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body ?? ""}`;
}

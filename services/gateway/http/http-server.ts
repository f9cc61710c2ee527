import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Exchange } from "./exchange";
import { FairShare, mostOf } from "./fair-share";
import { SlowReaders } from "./slow-readers";

/** Bounds of connections, and how long they may do nothing. Times in milliseconds. */
export interface ConnectionLimits {
  /** Open at the same time; one address has seven eighths of them at most. */
  readonly maxConnections: number;
  /** From the first byte of a request, or the opening of its connection, to the end of its head. */
  readonly headersTimeoutMs: number;
  /** Between an answer and the next request. */
  readonly keepAliveMs: number;
  /** From the first byte of a request to the last of its body; what no route reads is cut off a little later. */
  readonly bodyTimeoutMs: number;
  /** How long a client may take nothing of its answer. */
  readonly drainTimeoutMs: number;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Beyond `bodyTimeoutMs`, in milliseconds: a body that a route reads is refused in its own words before. */
const BODY_MARGIN_MS = 10_000;

/** Of the body of a request that waits behind another. Each takes hundreds of bytes, however small it is, and nothing is booked yet. */
const MOST_WAITING_PIECES = 256;

/** A server for HTTP/1.1 that holds its clients to limits. */
export interface LimitedServer {
  readonly server: http.Server;
  /** Connections that are open. */
  readonly openConnections: () => number;
  /** Connections that were closed at once because there were too many, in all or of their address. */
  readonly refusedConnections: () => number;
  /** Requests that are handled and not over; those that wait behind another are not among them. */
  readonly openRequests: () => number;
}

/**
 * Requests of one connection are handled one after the other: one that comes before the answer to the one before it
 * waits and holds nothing, two that do so end the connection. No client in use sends them ahead.
 */
export function createHttpServer(handler: Handler, limits: ConnectionLimits): LimitedServer {
  const connections = new FairShare(limits.maxConnections, mostOf(limits.maxConnections));
  const readers = new SlowReaders(limits.drainTimeoutMs);
  const sockets = new Set<Socket>();
  let refused = 0;
  const lines = new WeakMap<Socket, Line>();
  const accept: Handler = (request, response) => {
    const { socket } = request;
    let line = lines.get(socket);
    if (line === undefined) {
      line = new Line(socket, (...next) => {
        readers.watch(next[1]);
        handler(...next);
      });
      lines.set(socket, line);
    }
    line.accept(request, response);
  };
  const server = http.createServer(
    {
      headersTimeout: limits.headersTimeoutMs,
      keepAliveTimeout: limits.keepAliveMs,
      requestTimeout: Math.max(limits.headersTimeoutMs, limits.bodyTimeoutMs + BODY_MARGIN_MS),
      connectionsCheckingInterval: Math.min(5000, limits.headersTimeoutMs),
    },
    accept,
  );
  // A head is bounded in bytes. By number, Node would leave the last ones out without a word, a credential or a coding among them.
  server.maxHeadersCount = 0;
  // A body that is asked for permission is sent only when somebody reads it.
  server.on("checkContinue", accept);
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "unknown";
    if (!connections.take(address, 1)) {
      refused += 1;
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      connections.giveBack(address, 1);
    });
  });
  // Node's own leaves those alone that have sent no request, half of one, or a body that nobody reads, and a server that closes
  // does not hold them to their time limits either: one such connection would keep it from ever being closed.
  server.closeIdleConnections = () => {
    for (const socket of sockets) if (lines.get(socket)?.isBusy !== true) socket.destroy();
  };
  server.once("listening", () => readers.start());
  server.once("close", () => readers.stop());
  return {
    server,
    openConnections: () => connections.taken,
    openRequests: () => readers.size,
    refusedConnections: () => refused,
  };
}

/** The requests of one connection. */
class Line {
  #isBusy = false;
  #waiting: Parameters<Handler> | undefined;

  constructor(
    readonly socket: Socket,
    readonly handle: Handler,
  ) {}

  /** Whether a request is handled. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  accept(...next: Parameters<Handler>): void {
    if (!this.#isBusy) this.#begin(next);
    else if (this.#waiting === undefined) this.#wait(next);
    else this.socket.destroy();
  }

  /** The body comes meanwhile, and nobody reads it: as much as Node takes of it ahead, in pieces as small as the client likes. */
  #wait(next: Parameters<Handler>): void {
    this.#waiting = next;
    const [request] = next;
    const { push } = request;
    let pieces = 0;
    request.push = (chunk, encoding) => {
      pieces += 1;
      if (this.#waiting === next && pieces > MOST_WAITING_PIECES) {
        this.socket.destroy();
        return false;
      }
      return push.call(request, chunk, encoding);
    };
  }

  #begin(next: Parameters<Handler>): void {
    this.#isBusy = true;
    // After everybody else has given back what the request before held.
    Exchange.of(next[1]).onOver(() => queueMicrotask(() => this.#goOn()));
    this.handle(...next);
  }

  #goOn(): void {
    this.#isBusy = false;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined && !this.socket.destroyed) this.#begin(waiting);
  }
}

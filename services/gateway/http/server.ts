import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { monotonicClock } from "../../shared/clock";
import { invalidRequest } from "../errors/catalogue";
import { GatewayError } from "../errors/gateway-error";
import { FairShare, mostOf } from "./capacity";
import { Exchange } from "./exchange";

/** Bounds of connections, and how long they may do nothing. Times in milliseconds. */
interface ConnectionLimits {
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

/** Least that a client must take of an answer that waits for it, in bytes a second. */
const LEAST_BYTES_PER_SECOND = 16 * 1024;
/** Looked at so often in one drain timeout, and once a second at least. */
const LOOKS = 4;

/** An answer of which something waits for its client. */
interface Waiting {
  /** What the system had taken of the connection's bytes. */
  taken: number;
  /** When that changed. */
  since: number;
}

/**
 * Ends connections whose clients take nothing of their answers: with each of them a request would keep its money, its place and
 * its memory for as long as the client likes. Nothing is measured while there is nothing to take.
 */
class SlowReaders {
  readonly #responses = new Set<ServerResponse>();
  readonly #waiting = new WeakMap<ServerResponse, Waiting>();
  #timer: NodeJS.Timeout | undefined;

  /** @param drainTimeoutMs without any progress, in milliseconds */
  constructor(readonly drainTimeoutMs: number) {}

  start(): void {
    this.#timer ??= setInterval(() => this.#look(monotonicClock.now()), this.#intervalMs()).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Answers that are watched. */
  get size(): number {
    return this.#responses.size;
  }

  /** Watches an answer until it is over. */
  watch(response: ServerResponse): void {
    this.#responses.add(response);
    Exchange.of(response).onOver(() => this.#responses.delete(response));
  }

  #intervalMs(): number {
    return Math.min(1000, Math.ceil(this.drainTimeoutMs / LOOKS));
  }

  #look(now: number): void {
    for (const response of this.#responses) {
      const { socket } = response;
      if (socket === null) continue;
      const left = socket.writableLength;
      const waiting = this.#waiting.get(response);
      if (left === 0) {
        if (waiting === undefined) continue;
        this.#waiting.delete(response);
        socket.setTimeout(0);
        continue;
      }
      const taken = socket.bytesWritten - left;
      if (waiting === undefined) {
        this.#waiting.set(response, { taken, since: now });
        // Node's own time limit sees progress within one large write, too; it ends the connection.
        socket.setTimeout(this.drainTimeoutMs);
      } else if (waiting.taken !== taken) {
        waiting.taken = taken;
        waiting.since = now;
      } else if (now - waiting.since > this.drainTimeoutMs + (left / LEAST_BYTES_PER_SECOND) * 1000) {
        socket.destroy();
      }
    }
  }
}

/** What Node's parser says of a request, by its code; a head or body that is malformed otherwise is 400. */
const KNOWN: Readonly<Record<string, readonly [status: number, reason: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Request Header Fields Too Large",
    "The request headers are too large: at most 16 KiB.",
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    "Payload Too Large",
    "The chunk extensions of the body are too large.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "Timed out waiting for the request."],
};

/**
 * Answers what is not HTTP, or too much of it, in the form of every other error. There is no request yet, so no id, no row and no
 * dialect. The connection ends, since nobody knows where the next request would begin.
 * @returns the error's type, `undefined` when nobody is left to be answered
 */
export function answerParserError(error: Error & { code?: string }, socket: Socket): string | undefined {
  // Node's own name for the answer under way on a connection: nothing may be written into it.
  const { _httpMessage: running } = socket as Socket & { _httpMessage?: ServerResponse | null };
  if (error.code === "ECONNRESET" || !socket.writable || running?.headersSent === true) {
    socket.destroy();
    return undefined;
  }
  const known = KNOWN[error.code ?? ""];
  const [status, reason] = known ?? [400, "Bad Request"];
  const refusal =
    known === undefined
      ? invalidRequest("The request is not valid HTTP.")
      : new GatewayError(status, status === 408 ? "timeout" : "invalid_request_error", known[2]);
  const body = JSON.stringify(refusal.toBody());
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  return refusal.type;
}

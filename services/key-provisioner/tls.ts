import { readFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WatchedFiles } from "../shared/file-watch";
import { SettledText } from "./settled-text";

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** First byte of a TLS connection: a handshake record. No HTTP request begins with it. */
const HANDSHAKE = 0x16;
/** For a connection on which nothing happens, in milliseconds. */
const IDLE_MS = 60_000;
/** For a request to arrive, in milliseconds. */
const TIME_LIMITS = { headersTimeout: 10_000, requestTimeout: 15_000 };
/** For the first byte of a connection, in milliseconds. */
const FIRST_BYTE_MS = 10_000;

/**
 * A server for plain HTTP, and on the same port for TLS, told apart by the first byte: so the page that tests the browser's trust needs no port of
 * its own.
 * @param certificate `undefined`: plain HTTP only
 */
export function serve(handler: RequestListener, certificate: Certificate | undefined): Server {
  const plain = createServer(TIME_LIMITS, handler);
  plain.setTimeout(IDLE_MS);
  if (certificate === undefined) return plain;
  const secure = createTlsServer({ ...TIME_LIMITS, handshakeTimeout: FIRST_BYTE_MS }, handler);
  secure.setTimeout(IDLE_MS);
  secure.on("tlsClientError", (_error, socket) => socket.destroy());
  // It never listens by itself, and would not watch the time that its requests take.
  secure.emit("listening");
  certificate.give(secure);
  const [accept] = plain.listeners("connection") as ((socket: Socket) => void)[];
  plain.removeAllListeners("connection");
  plain.on("connection", (socket: Socket) => {
    const close = () => socket.destroy();
    socket.setTimeout(FIRST_BYTE_MS, close);
    socket.on("error", close);
    socket.once("data", (chunk: Buffer) => {
      socket.setTimeout(0);
      socket.off("timeout", close);
      socket.pause();
      socket.unshift(chunk);
      if (chunk[0] === HANDSHAKE && certificate.isUsable) secure.emit("connection", socket);
      else accept?.call(plain, socket);
      process.nextTick(() => socket.resume());
    });
  });
  plain.on("close", () => secure.closeAllConnections());
  return plain;
}

/** The certificate in force. It is followed when it is renewed; one that cannot be used leaves the former in force. */
export class Certificate implements WatchedFiles {
  readonly #files: CertificateFiles;
  readonly #logger: Pick<Logger, "info" | "error">;
  readonly #text = new SettledText("");
  #isUsable = false;
  readonly #servers: TlsServer[] = [];

  constructor(files: CertificateFiles, logger: Pick<Logger, "info" | "error">) {
    this.#files = files;
    this.#logger = logger;
  }

  /** Whether TLS is spoken. */
  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** From now on the server has the certificate in force. */
  give(server: TlsServer): void {
    this.#servers.push(server);
    // Seen twice, it counts.
    for (const _ of [1, 2]) this.look();
  }

  look(): boolean {
    let pair: { cert: string; key: string };
    try {
      pair = {
        cert: readFileSync(this.#files.certificateFile, "utf8"),
        key: readFileSync(this.#files.keyFile, "utf8"),
      };
    } catch {
      // None yet, or the link to the files is swapped.
      return true;
    }
    const seen = this.#text.look(pair.cert + pair.key);
    if (seen !== "new" || pair.cert.trim() === "") return seen !== "unsettled";
    try {
      for (const server of this.#servers) server.setSecureContext({ ...pair, minVersion: "TLSv1.2" });
      this.#isUsable = true;
      this.#logger.info("certificate in use");
    } catch (error) {
      this.#logger.error({ err: error }, "certificate cannot be used, keeping the previous one");
    }
    return true;
  }
}

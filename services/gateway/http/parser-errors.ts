import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { GatewayError, invalidRequest } from "../errors";

/** What Node's parser says of a request, by its code; a head or body that is malformed otherwise is 400. */
const KNOWN: Readonly<Record<string, readonly [status: number, reason: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    "Request Header Fields Too Large",
    "The head of the request is too large: at most 16 KiB.",
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [
    413,
    "Payload Too Large",
    "The chunk extensions of the body are too large.",
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "Request Timeout", "The request did not come in time."],
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

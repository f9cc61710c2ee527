import { GatewayError } from "./gateway-error";
import { shorten } from "./shorten";

/** Requests that are wrong in themselves, and clients that went away. */

export const invalidRequest = (message: string, param: string | null = null) =>
  new GatewayError(400, "invalid_request_error", message, { param });

export const routeNotFound = (method: string, path: string) =>
  new GatewayError(404, "invalid_request_error", `Unknown route: ${method} ${shorten(path)}`);

export const methodNotAllowed = (method: string, allowed: readonly string[]) =>
  new GatewayError(
    405,
    "invalid_request_error",
    `Method Not Allowed: ${method}. Use ${allowed.join(" or ")}.`,
  );

/** @param limit in bytes */
export const bodyTooLarge = (limit: number) =>
  new GatewayError(413, "invalid_request_error", `The request body is too large: at most ${limit} bytes.`);

export const bodyTooSlow = () =>
  new GatewayError(
    408,
    "timeout",
    "The request body came too slowly, so the gateway no longer waits for it.",
  );

export const unknownTransferCoding = () =>
  new GatewayError(
    501,
    "invalid_request_error",
    "transfer-encoding is not supported; send the body as it is, with content-length or in chunks.",
    { code: "unsupported_transfer_encoding", param: "transfer-encoding" },
  );

export const tooManyValues = (most: number) =>
  new GatewayError(
    413,
    "invalid_request_error",
    `The request is too large: it holds more than ${most} values.`,
  );

export const clientClosed = () => new GatewayError(499, "client_closed", "The client closed the connection.");

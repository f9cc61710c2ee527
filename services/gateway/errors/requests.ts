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

export const clientClosed = () => new GatewayError(499, "client_closed", "The client closed the connection.");

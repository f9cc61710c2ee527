import { GatewayError } from "./gateway-error";

/** Keys that are there already, or are not. */

export const aliasTaken = (alias: string) =>
  new GatewayError(400, "bad_request_error", `Key with alias '${alias}' already exists.`, {
    param: "key_alias",
  });

export const keyTaken = () =>
  new GatewayError(400, "bad_request_error", "This key already exists.", { param: "key" });

export const keyNotFound = () =>
  new GatewayError(404, "not_found_error", "Key not found in database", { param: "key" });

import { GatewayError } from "../errors";

/** Refusals that only management calls know. */

export const roleMayNot = (role: string, route: string) =>
  new GatewayError(403, "auth_error", `Authentication Error, The role ${role} may not call ${route}.`);

/** A change of metadata after which a key would have looser working rules, or its requests would be screened less. */
export const mayNotLoosen = () =>
  new GatewayError(
    403,
    "auth_error",
    "Authentication Error, Only an administrator may loosen the working rules or the screening of a key; keep metadata.enforcement_level, metadata.scope and metadata.guardrails, or ask one.",
    { param: "metadata" },
  );

/** What no schema here foresaw; repeating it is of no use, so it must not look like an outage. */
export const valueRefused = () =>
  new GatewayError(400, "bad_request_error", "The database cannot hold one of the values of this request.");

export const tokenNameTaken = (name: string) =>
  new GatewayError(400, "bad_request_error", `Admin token with name '${name}' already exists.`, {
    param: "name",
  });

export const userTaken = (what: string) =>
  new GatewayError(409, "bad_request_error", `User with ${what} already exists.`, { param: "user_id" });

export const userNotFound = () =>
  new GatewayError(404, "not_found_error", "User not found in database", { param: "user_id" });

export const notYourUser = () =>
  new GatewayError(403, "auth_error", "A virtual key may only read about its own user.");

export const budgetTaken = (budgetId: string) =>
  new GatewayError(400, "bad_request_error", `Budget with id '${budgetId}' already exists.`, {
    param: "budget_id",
  });

export const budgetNotFound = () =>
  new GatewayError(404, "not_found_error", "Budget not found in database", { param: "budget_id" });

export const tokenNotFound = () =>
  new GatewayError(404, "not_found_error", "Admin token not found in database", { param: "name" });

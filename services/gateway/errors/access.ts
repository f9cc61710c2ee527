import { GatewayError } from "./gateway-error";

/** Refusals of a caller: who it is is not known, or not enough. */

export const noKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, No api key passed in. Send `Authorization: Bearer sk-...`.",
  );

export const malformedKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, Malformed API Key passed in. Use `Authorization: Bearer sk-...` or `x-api-key: sk-...`.",
  );

export const unknownKey = (keyName: string) =>
  new GatewayError(
    401,
    "token_not_found_in_db",
    `Authentication Error, Invalid proxy server token passed: ${keyName}.`,
    {
      param: "key",
    },
  );

export const expiredKey = (keyName: string, expiresAt: Date) =>
  new GatewayError(
    401,
    "expired_key",
    `Authentication Error - Expired Key. ${keyName} expired at ${expiresAt.toISOString()}.`,
    {
      param: keyName,
    },
  );

export const blockedKey = () =>
  new GatewayError(
    401,
    "auth_error",
    "Authentication Error, Key is blocked. Ask an administrator to unblock it.",
  );

export const keysNotLoaded = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "Keys cannot be checked: the database has not answered yet. Try again shortly.",
    {
      retryAfterSeconds: 2,
    },
  );

export const adminOnly = (route: string) =>
  new GatewayError(403, "auth_error", `Authentication Error, Only proxy admin can be used to call ${route}.`);

export const notYourKey = () =>
  new GatewayError(403, "auth_error", "A virtual key may only read its own information.");

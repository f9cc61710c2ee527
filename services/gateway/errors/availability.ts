import { GatewayError } from "./gateway-error";
import { shorten } from "./shorten";

/** What the gateway cannot do at the moment. */

export const overloaded = (what: string) =>
  new GatewayError(
    503,
    "server_error",
    `The gateway has too many ${what} at the moment. Try again shortly.`,
    {
      code: "gateway_overloaded",
      retryAfterSeconds: 1,
    },
  );

/** A model that has as many of the places for answers as it may, so that others have theirs; see docs/decisions/0035. */
export const modelOverloaded = (model: string) =>
  new GatewayError(
    503,
    "server_error",
    `The answers of model=${shorten(model)} take as many of the gateway's places as one model may have. Try again shortly, or use another model.`,
    { code: "model_overloaded", retryAfterSeconds: 5 },
  );

export const tooManyReports = () =>
  new GatewayError(
    429,
    "rate_limit_error",
    "You have as many reports waiting as one caller may have. Ask again when some are answered.",
    { code: "too_many_reports", retryAfterSeconds: 2 },
  );

export const reportTooSlow = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The report took longer than a report may. Ask for a shorter period, or for fewer rows.",
    { code: "report_timeout", retryAfterSeconds: 5 },
  );

export const closing = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down. Try again on a new connection.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const auditUnavailable = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The request cannot be recorded now, so it is not accepted. Try again shortly.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 2,
    },
  );

export const auditNotCommitted = () =>
  new GatewayError(
    503,
    "service_unavailable",
    "The answer could not be recorded in time, so it is not completed.",
    {
      code: "audit_unavailable",
      retryAfterSeconds: 5,
    },
  );

export const databaseUnavailable = () =>
  new GatewayError(503, "service_unavailable", "The database is not available. Try again shortly.", {
    retryAfterSeconds: 2,
  });

export const shuttingDown = () =>
  new GatewayError(503, "server_error", "The gateway is shutting down and had to end this answer.", {
    code: "shutting_down",
    retryAfterSeconds: 1,
  });

export const internalError = (requestId: string) =>
  new GatewayError(500, "server_error", `Internal error. Quote request id ${requestId} when you report it.`);

import { BodyValidationError } from "../shared/zod-validator";
import {
  aliasTaken,
  databaseUnavailable,
  GatewayError,
  internalError,
  invalidRequest,
  keyTaken,
  reportTooSlow,
} from "./errors";
import { budgetTaken, tokenNameTaken, userTaken, valueRefused } from "./management/errors";
import { TokenNameTakenError } from "./ports/admin-token-store";
import { AliasTakenError, KeyTakenError, StoreUnavailableError, ValueRefusedError } from "./ports/key-store";
import { NamedBudgetTakenError } from "./ports/named-budget-store";
import { ReportTooSlowError } from "./ports/spend-reader";
import { UserTakenError } from "./ports/user-store";
import { TranslationError } from "./translate/translation-error";

/** Any error → what the client gets. What is not known is an internal error without details. */
export function toGatewayError(error: unknown, requestId: string): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof TranslationError || error instanceof BodyValidationError) {
    return invalidRequest(error.message, error.param);
  }
  if (error instanceof AliasTakenError) return aliasTaken(error.message);
  if (error instanceof KeyTakenError) return keyTaken();
  if (error instanceof UserTakenError) return userTaken(error.message);
  if (error instanceof NamedBudgetTakenError) return budgetTaken(error.message);
  if (error instanceof TokenNameTakenError) return tokenNameTaken(error.message);
  if (error instanceof ValueRefusedError) return valueRefused();
  if (error instanceof ReportTooSlowError) return reportTooSlow();
  if (error instanceof StoreUnavailableError) return databaseUnavailable();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  // Fastify's own: a body that is too large, no JSON, of another type.
  if (typeof status === "number" && status >= 400 && status < 500 && error instanceof Error) {
    return new GatewayError(status, "invalid_request_error", error.message);
  }
  if (status === 503)
    return new GatewayError(503, "server_error", "The gateway is shutting down.", { retryAfterSeconds: 1 });
  return internalError(requestId);
}

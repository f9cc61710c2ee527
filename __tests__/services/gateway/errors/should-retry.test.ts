import { promptUnavailable } from "../../../../services/gateway/enforcement/errors";
import {
  allCoolingDown,
  auditUnavailable,
  bodyTooSlow,
  budgetExceeded,
  budgetReserved,
  closing,
  databaseUnavailable,
  GatewayError,
  internalError,
  keysNotLoaded,
  modelNotAllowed,
  modelOverloaded,
  noDeployment,
  noKey,
  overloaded,
  rateLimited,
  unknownTransferCoding,
} from "../../../../services/gateway/errors";
import { shouldRetry } from "../../../../services/gateway/errors/should-retry";
import { toUpstreamError } from "../../../../services/gateway/translate/errors/upstream-error";

const budget = { scope: "key", limitNano: 1, spentNano: 1, neededNano: 1, endsAt: null };
const limit = {
  kind: "requests",
  subject: "x",
  limit: 1,
  retryAfterSeconds: 9,
  resetsAt: new Date(0),
} as const;
const upstream = (status: number, message = "x", errorCode?: string) =>
  toUpstreamError({ status, message, errorCode });

it.each<[string, GatewayError, boolean | undefined]>([
  ["a budget that is spent", budgetExceeded(budget), false],
  ["a budget that is reserved", budgetReserved(budget), true],
  ["no key", noKey(), false],
  ["a model that is not the key's", modelNotAllowed("m"), false],
  ["a transfer coding that is not known", unknownTransferCoding(), false],
  ["a body that came too slowly", bodyTooSlow(), undefined],
  ["a wrong request", new GatewayError(400, "invalid_request_error", ""), false],
  ["a body that is too large", upstream(413), false],
  ["rules that are missing", promptUnavailable("standard"), false],
  ["a model without deployment", noDeployment("m"), false],
  ["deployments that cool down", allCoolingDown(false, 5), true],
  ["deployments at their limits", allCoolingDown(true, 5), true],
  ["a limit", rateLimited(limit), true],
  ["a gateway that is full", overloaded("streams"), true],
  ["a model that has its share of the places", modelOverloaded("m"), true],
  ["a gateway that is closing", closing(), true],
  ["no room for rows", auditUnavailable(), true],
  ["no database", databaseUnavailable(), true],
  ["no keys yet", keysNotLoaded(), true],
  ["a fault of its own", internalError("r"), undefined],
  ["a provider that is busy", upstream(529), true],
  ["a provider at its limit", upstream(429), true],
  ["a provider that fails", upstream(500), true],
  ["a provider that is slow", upstream(504), undefined],
  ["a provider that has a conflict", upstream(409), undefined],
  ["a provider that does not take the key", upstream(401), false],
  ["a provider that wants money", upstream(402), false],
  ["a provider's limit of money", upstream(429, "x", "enforced_spend_limit_reached"), false],
  ["a provider that forbids", upstream(403), false],
  ["a provider without the model", upstream(404), false],
  ["a provider that says something odd", upstream(418), undefined],
])("%s", (_name, error, expected) => {
  expect(shouldRetry(error)).toBe(expected);
});

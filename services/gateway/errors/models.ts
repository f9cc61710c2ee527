import { GatewayError } from "./gateway-error";
import { shorten } from "./shorten";

/** Refusals of a model: not allowed, not known, or nothing that serves it. */

export const modelNotAllowed = (model: string, allowed: readonly string[] = []) =>
  new GatewayError(
    403,
    "key_model_access_denied",
    `key not allowed to access model. This key can only access models=[${allowed.join(", ")}]. Tried to access ${shorten(model)}.`,
    { param: "model" },
  );

/** Status, type and code are OpenAI's own: SDKs and agents tell by them that the model's name is wrong. */
export const unknownModel = (model: string) =>
  new GatewayError(
    404,
    "invalid_request_error",
    `Invalid model name passed in model=${shorten(model)}. Call /v1/models to see what you may use.`,
    { code: "model_not_found", param: "model" },
  );

export const modelNotListed = (model: string) =>
  new GatewayError(
    404,
    "invalid_request_error",
    `The model ${shorten(model)} does not exist or you do not have access to it.`,
    { code: "model_not_found", param: "model" },
  );

export const noDeployment = (model: string) =>
  new GatewayError(503, "server_error", `No deployments available for selected model ${shorten(model)}.`, {
    code: "no_deployment",
  });

/** Every deployment of a model is cooling down. @param isRateLimit because of nothing but rate limits */
export const allCoolingDown = (isRateLimit: boolean, retryAfterSeconds: number) =>
  isRateLimit
    ? new GatewayError(
        429,
        "rate_limit_error",
        "The rate limits of all providers of this model are reached.",
        {
          code: "rate_limit_exceeded",
          retryAfterSeconds,
        },
      )
    : new GatewayError(503, "server_error", "All providers of this model failed a moment ago.", {
        code: "no_deployment",
        retryAfterSeconds,
      });

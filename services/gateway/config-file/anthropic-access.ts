import type { Environment } from "../../shared/secret-files";
import type { ProviderAccess } from "../routing/deployment";
import { Secret } from "../secret";
import { variableOf } from "./environment";
import type { ModelEntry } from "./model-entry";

/** @returns the credentials for Anthropic's own API, or why there are none */
export function readAnthropicAccess(
  params: ModelEntry["litellm_params"],
  env: Environment,
): ProviderAccess | string {
  const variable = params.api_key === undefined ? "ANTHROPIC_API_KEY" : variableOf(params.api_key);
  const apiKey = env[variable];
  if (apiKey === undefined || apiKey === "") return `${variable} is not set`;
  return { provider: "anthropic", apiKey: new Secret(apiKey) };
}

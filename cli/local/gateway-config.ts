import type { PlatformConfig, ProviderConfig } from "../../constructs/config/schema";
import { type GatewayConfigSource, renderGatewayConfig } from "../../constructs/gateway-config";

/** The variable that the gateway reads the simulated provider's key from. */
export const SIMULATED_KEY_ENV = "ANTHROPIC_API_KEY";

/** Names of the providers whose credentials are all in the environment. */
export function providersWithCredentials(
  providers: PlatformConfig["providers"],
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  return Object.entries(providers)
    .filter(([, provider]) => credentialsOf(provider).every((name) => Boolean(env[name])))
    .map(([name]) => name);
}

/** Names of the environment variables with one provider's credentials. */
export function credentialsOf(provider: ProviderConfig): string[] {
  return provider.kind === "anthropic"
    ? [provider.apiKeyEnv]
    : [provider.accessKeyIdEnv, provider.secretAccessKeyEnv];
}

/**
 * The gateway's configuration file for local mode: the same as deployed, but with a simulated provider
 * in the place of every real one when its URL is given.
 */
export function renderLocalGatewayConfig(source: GatewayConfigSource, simulatedUrl?: string): string {
  if (simulatedUrl === undefined) return renderGatewayConfig(source);
  const simulated: ProviderConfig = {
    kind: "anthropic",
    apiKeyEnv: SIMULATED_KEY_ENV,
    baseUrl: simulatedUrl,
  };
  const providers = Object.fromEntries(Object.keys(source.providers).map((name) => [name, simulated]));
  return renderGatewayConfig({ ...source, providers });
}

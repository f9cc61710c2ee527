import { stringify } from "yaml";
import type { ModelConfig, PlatformConfig, ProviderConfig } from "./config/schema";

/** What the rendering needs of the platform's configuration. */
export type GatewayConfigSource = Pick<PlatformConfig, "models" | "providers" | "enforcement" | "guardrails">;

/**
 * The gateway's configuration file, in LiteLLM's format (`model_list`, `os.environ/NAME`), so that
 * teams that come from LiteLLM can read it. Prices become USD per token. No credential is in it.
 */
export function renderGatewayConfig(source: GatewayConfigSource): string {
  return stringify(
    {
      model_list: source.models.flatMap((model) =>
        model.deployments.map((deployment, index) => ({
          model_name: model.name,
          litellm_params: {
            ...providerParams(source.providers[deployment.provider], deployment.model),
            order: index + 1,
          },
          model_info: modelInfo(model, deployment.prices ?? model.prices),
        })),
      ),
      general_settings: {
        master_key: "os.environ/LITELLM_MASTER_KEY",
        database_url: "os.environ/DATABASE_URL",
      },
      litellm_settings: {
        drop_params: true,
        turn_off_message_logging: true,
        callbacks: ["enforcement_hook.proxy_handler_instance"],
      },
      enforcement_settings: {
        default_level: source.enforcement.default,
        minimum_by_scope: source.enforcement.minimum,
        levels: source.enforcement.levels,
      },
      guardrail_settings: source.guardrails,
    },
    { lineWidth: 0 },
  );
}

/** Names of the environment variables that hold the credentials of the providers, each once: providers may share them. */
export function credentialNames(providers: PlatformConfig["providers"]): string[] {
  const names = Object.values(providers).flatMap((provider) =>
    provider.kind === "anthropic"
      ? [provider.apiKeyEnv]
      : [provider.accessKeyIdEnv, provider.secretAccessKeyEnv, provider.sessionTokenEnv].filter(
          (name) => name !== undefined,
        ),
  );
  return [...new Set(names)];
}

function providerParams(provider: ProviderConfig | undefined, model: string) {
  if (provider === undefined) throw new Error(`model ${model} names a provider that does not exist`);
  if (provider.kind === "anthropic") {
    return {
      model: `anthropic/${model}`,
      api_base: provider.baseUrl,
      api_key: `os.environ/${provider.apiKeyEnv}`,
    };
  }
  return {
    model: `bedrock/${model}`,
    aws_access_key_id: `os.environ/${provider.accessKeyIdEnv}`,
    aws_secret_access_key: `os.environ/${provider.secretAccessKeyEnv}`,
    ...(provider.sessionTokenEnv === undefined
      ? {}
      : { aws_session_token: `os.environ/${provider.sessionTokenEnv}` }),
    aws_region_name: provider.region,
  };
}

function modelInfo(model: ModelConfig, prices: ModelConfig["prices"]) {
  const perToken = (usdPerMillion: number | undefined) =>
    // Thousandths of a dollar per million tokens are whole nano-dollars per token: exact in integers.
    usdPerMillion === undefined ? undefined : Math.round(usdPerMillion * 1000) / 1e9;
  return {
    max_output_tokens: model.maxOutputTokens,
    input_cost_per_token: perToken(prices.input),
    output_cost_per_token: perToken(prices.output),
    cache_read_input_token_cost: perToken(prices.cacheRead),
    cache_creation_input_token_cost: perToken(prices.cacheWrite5m),
    cache_creation_input_token_cost_above_1hr: perToken(prices.cacheWrite1h),
  };
}

import { stringify } from "yaml";

/** Where models run. Credentials are names of environment variables. */
export type Provider =
  | { readonly kind: "anthropic"; readonly apiKeyEnv: string; readonly baseUrl: string }
  | {
      readonly kind: "bedrock";
      readonly accessKeyIdEnv: string;
      readonly secretAccessKeyEnv: string;
      readonly sessionTokenEnv?: string;
      readonly region: string;
    };

/** USD per million tokens, with three decimals at most. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number;
  readonly cacheWrite5m?: number;
  readonly cacheWrite1h?: number;
}

/** A name that clients ask for, and where it runs, in order of preference. */
export interface Model {
  readonly name: string;
  readonly deployments: readonly {
    /** A name of `providers`. */
    readonly provider: string;
    /** The provider's own name of the model. */
    readonly model: string;
    /** @default - the model's */
    readonly prices?: Prices;
  }[];
  readonly prices: Prices;
  readonly maxOutputTokens: number;
}

/** Enforcement levels of keys. */
export interface EnforcementRules {
  /** Level of keys that name none. */
  readonly default: string;
  /** Scope → the level that its keys have at least. */
  readonly minimum: Readonly<Record<string, string | undefined>>;
  /** Levels beside the built-in ones. */
  readonly levels: readonly { readonly name: string; readonly file: string; readonly strictness: number }[];
}

/** What requests are screened for. */
export interface GuardrailRules {
  /** What is done with what is found, where a key says nothing itself. */
  readonly default: "off" | "mask" | "block";
  readonly patterns: readonly string[];
}

/** What the configuration file says. */
export interface GatewayConfigSource {
  readonly models: readonly Model[];
  readonly providers: Readonly<Record<string, Provider>>;
  readonly enforcement: EnforcementRules;
  readonly guardrails: GuardrailRules;
}

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
export function credentialNames(providers: GatewayConfigSource["providers"]): string[] {
  const names = Object.values(providers).flatMap((provider) =>
    provider.kind === "anthropic"
      ? [provider.apiKeyEnv]
      : [provider.accessKeyIdEnv, provider.secretAccessKeyEnv, provider.sessionTokenEnv].filter(
          (name) => name !== undefined,
        ),
  );
  return [...new Set(names)];
}

function providerParams(provider: Provider | undefined, model: string) {
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

function modelInfo(model: Model, prices: Prices) {
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

import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { z } from "zod";
import { modelNotListed } from "../errors/catalogue";
import { speaksAnthropic } from "../http/errors";
import { callerOf } from "../identity/caller";
import { type TokenPrices, WEB_SEARCH_NANO_USD } from "../money/pricing/cost";
import type { Blame } from "../providers/cool-down";
import type { Deployment, ModelCatalog, ModelDetails } from "../providers/deployment";
import { type DeploymentStatus, listModels, mayUseModel } from "../providers/model-groups";
import { findCapabilities } from "../wire/shared/model-capabilities";
import { reference } from "./fields";

/** LiteLLM's constant; clients show it but use it for nothing. Seconds since 1970. */
const CREATED = 1_677_610_602;

/**
 * `GET /v1/models` and `/v1/models/:id`: the models the key may use, in Anthropic's form for clients that send
 * `anthropic-version`, otherwise in OpenAI's. All of them in one page.
 */
export const models: FastifyPluginAsync<{ catalog: ModelCatalog }> = async (app, { catalog }) => {
  const listFor = (request: FastifyRequest) => listModels(catalog, callerOf(request).models);

  for (const prefix of ["/v1", ""]) {
    app.get(`${prefix}/models`, async (request) => {
      const ids = listFor(request);
      return speaksAnthropic(request) ? toPage(ids) : { object: "list", data: ids.map(toOpenAi) };
    });

    app.get<{ Params: { id: string } }>(`${prefix}/models/:id`, async (request) => {
      const { id } = request.params;
      if (!listFor(request).includes(id)) throw modelNotListed(id);
      return speaksAnthropic(request) ? toAnthropic(id) : toOpenAi(id);
    });
  }
};

function toOpenAi(id: string) {
  return { id, object: "model", created: CREATED, owned_by: "openai" };
}

function toAnthropic(id: string) {
  return { type: "model", id, display_name: id, created_at: new Date(CREATED * 1000).toISOString() };
}

function toPage(ids: readonly string[]) {
  return {
    data: ids.map(toAnthropic),
    has_more: false,
    first_id: ids[0] ?? null,
    last_id: ids.at(-1) ?? null,
  };
}

const modelInfoQuery = z.strictObject({ litellm_model_id: reference(300).optional() });

const PICO_PER_USD = 1e12;
const NANO_PER_USD = 1e9;

/** `GET /model/info` and `/v1/model/info`: deployments of the models the key may use, without credentials. */
export const modelInfo: FastifyPluginAsync<{ catalog: ModelCatalog }> = async (app, { catalog }) => {
  for (const path of ["/model/info", "/v1/model/info"]) {
    app.get<{ Querystring: z.output<typeof modelInfoQuery> }>(
      path,
      { schema: { querystring: modelInfoQuery } },
      async (request) => {
        const { models: allowed } = callerOf(request);
        const { litellm_model_id: id } = request.query;
        return {
          data: [...catalog.groups.values()]
            .flat()
            .filter((deployment) => mayUseModel(allowed, deployment.modelName))
            .filter((deployment) => id === undefined || deployment.id === id)
            .map(describeDeployment),
        };
      },
    );
  }
};

/** What every model that can be configured has: all are Claude, of the fourth generation or later. */
const COMMON: ModelDetails = {
  mode: "chat",
  supports_system_messages: true,
  supports_vision: true,
  supports_pdf_input: true,
  supports_prompt_caching: true,
  supports_function_calling: true,
  supports_tool_choice: true,
  supports_response_schema: true,
  supports_reasoning: true,
  supports_computer_use: true,
  supports_native_streaming: true,
};

/** A deployment in LiteLLM's form: Roo Code and Cline read from it whether to mark caches and to send images. */
function describeDeployment(deployment: Deployment) {
  const { id, modelName, upstreamModel, baseModel, access, maxOutputTokens, prices, info } = deployment;
  const { contextTokens, ...known } = findCapabilities(baseModel ?? upstreamModel);
  const answerTokens = maxOutputTokens ?? known.maxOutputTokens;
  return {
    model_name: modelName,
    litellm_params: { model: `${access.provider}/${upstreamModel}` },
    model_info: {
      id,
      db_model: false,
      key: baseModel ?? upstreamModel,
      litellm_provider: access.provider,
      max_tokens: answerTokens,
      max_input_tokens: contextTokens,
      max_output_tokens: answerTokens,
      ...COMMON,
      supports_assistant_prefill: known.acceptsPrefill,
      ...describePrices(prices),
      ...(prices && describeExtraPrices(prices)),
      ...info,
    },
  };
}

/** Prices in USD a token, in LiteLLM's names; those of longer prompts end in `_above_<thousands>k_tokens`. */
function describePrices(
  prices: TokenPrices | undefined,
  suffix = "",
): Readonly<Record<string, number | null>> {
  const usdPerToken = (picoUsd: number | undefined) =>
    picoUsd === undefined ? null : picoUsd / PICO_PER_USD;
  const longer = prices?.longPrompt;
  return {
    [`input_cost_per_token${suffix}`]: usdPerToken(prices?.inputPicoUsd),
    [`output_cost_per_token${suffix}`]: usdPerToken(prices?.outputPicoUsd),
    [`cache_read_input_token_cost${suffix}`]: usdPerToken(prices?.cacheReadPicoUsd),
    [`cache_creation_input_token_cost${suffix}`]: usdPerToken(prices?.cacheWritePicoUsd),
    [`cache_creation_input_token_cost_above_1hr${suffix}`]: usdPerToken(
      prices?.cacheWrite1hPicoUsd ?? prices?.cacheWritePicoUsd,
    ),
    ...(longer && describePrices(longer.prices, `_above_${longer.aboveTokens / 1000}k_tokens`)),
  };
}

/** What is billed beside tokens, in LiteLLM's form. Anthropic has one price for searches of every size. */
function describeExtraPrices({ webSearchNanoUsd, usPercent }: TokenPrices) {
  const usd = (webSearchNanoUsd ?? WEB_SEARCH_NANO_USD) / NANO_PER_USD;
  return {
    search_context_cost_per_query: {
      search_context_size_low: usd,
      search_context_size_medium: usd,
      search_context_size_high: usd,
    },
    ...(usPercent === undefined ? {} : { provider_specific_entry: { us: usPercent / 100 } }),
  };
}

/** Names from `config.yaml`, as they stand there. */
export interface CallbackNames {
  readonly success: readonly string[];
  readonly failure: readonly string[];
  readonly both: readonly string[];
}

/** The name under which checks of a deployment look for the enforcement of prompts, which is built in. */
export const ENFORCEMENT = "enforcement_hook.proxy_handler_instance";

/** `GET /get/config/callbacks`. Variables stay empty: they would hold credentials. */
export const configCallbacks: FastifyPluginAsync<{ callbacks: () => CallbackNames }> = async (
  app,
  options,
) => {
  const entry = (type: string) => (name: string) => ({ name, variables: {}, type });
  const callbacks = () => {
    const { success, failure, both } = options.callbacks();
    return [
      ...success.map(entry("success")),
      ...failure.map(entry("failure")),
      ...[...new Set([...both, ENFORCEMENT])].map(entry("success_and_failure")),
    ];
  };

  app.get("/get/config/callbacks", async () => ({
    status: "success",
    callbacks: callbacks(),
    alerts: [],
    router_settings: {},
    available_callbacks: {},
  }));
};

const healthQuery = z.strictObject({
  model: reference(300).optional(),
  model_id: reference(300).optional(),
});

/** Why a deployment is cooling down, and for how long from now. */
interface Cooling {
  readonly blame: Blame;
  readonly waitMs: number;
}

/** What the route needs. */
interface DeploymentHealthOptions {
  readonly statuses: () => readonly DeploymentStatus[];
  /** @param id of a deployment. @returns `undefined` when it is asked */
  readonly cooling: (id: string) => Cooling | undefined;
}

const REASONS: Readonly<Record<Blame, string>> = {
  "rate-limit": "its provider's rate limit was reached",
  failing: "it failed",
  misconfigured: "its provider rejected the gateway's credentials or configuration",
};

/** `GET /health`: from what the gateway knows; no model is called, so that asking costs nothing. */
export const deploymentHealth: FastifyPluginAsync<DeploymentHealthOptions> = async (
  app,
  { statuses, cooling },
) => {
  app.get<{ Querystring: z.output<typeof healthQuery> }>(
    "/health",
    { schema: { querystring: healthQuery } },
    async ({ query }) => {
      const asked = statuses()
        .filter(
          ({ id, modelName }) =>
            (query.model === undefined || query.model === modelName) &&
            (query.model_id === undefined || query.model_id === id),
        )
        .map((status) => describeHealth(status, cooling(status.id)));
      const healthy = asked.filter((endpoint) => !("error" in endpoint));
      const unhealthy = asked.filter((endpoint) => "error" in endpoint);
      return {
        healthy_endpoints: healthy,
        unhealthy_endpoints: unhealthy,
        healthy_count: healthy.length,
        unhealthy_count: unhealthy.length,
      };
    },
  );
};

function describeHealth(
  { id, modelName, upstreamModel, error }: DeploymentStatus,
  cooling: Cooling | undefined,
) {
  const endpoint = { model_name: modelName, model: upstreamModel, model_id: id };
  if (error !== undefined) return { ...endpoint, error };
  if (cooling === undefined) return endpoint;
  const seconds = Math.ceil(cooling.waitMs / 1000);
  return {
    ...endpoint,
    error: `cooling down for ${seconds} s, because ${REASONS[cooling.blame]}`,
    cooling_down_seconds: seconds,
  };
}

import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { reference } from "../management/fields";
import { allowedModels, callerOf } from "../plugins/auth";
import { type TokenPrices, WEB_SEARCH_NANO_USD } from "../pricing/cost";
import type { Deployment, ModelCatalog, ModelDetails } from "../routing/deployment";
import { mayUseModel } from "../routing/visible-models";
import { findCapabilities } from "../translate/to-messages/model-capabilities";

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
        const allowed = allowedModels(callerOf(request));
        const { litellm_model_id: id } = request.query;
        return {
          data: [...catalog.groups.values()]
            .flat()
            .filter((deployment) => mayUseModel(allowed, deployment.modelName))
            .filter((deployment) => id === undefined || deployment.id === id)
            .map(describe),
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
function describe(deployment: Deployment) {
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

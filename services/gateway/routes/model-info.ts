import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { reference } from "../management/fields";
import { allowedModels, callerOf } from "../plugins/auth";
import type { Deployment, ModelCatalog } from "../routing/deployment";
import { mayUseModel } from "../routing/visible-models";

const modelInfoQuery = z.strictObject({ litellm_model_id: reference(300).optional() });

const PICO_PER_USD = 1e12;

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

function describe({ id, modelName, upstreamModel, maxOutputTokens, prices }: Deployment) {
  const usdPerToken = (picoUsd: number | undefined) =>
    picoUsd === undefined ? null : picoUsd / PICO_PER_USD;
  return {
    model_name: modelName,
    litellm_params: { model: upstreamModel },
    model_info: {
      id,
      db_model: false,
      key: upstreamModel,
      mode: "chat",
      max_tokens: maxOutputTokens ?? null,
      max_output_tokens: maxOutputTokens ?? null,
      input_cost_per_token: usdPerToken(prices?.inputPicoUsd),
      output_cost_per_token: usdPerToken(prices?.outputPicoUsd),
      cache_read_input_token_cost: usdPerToken(prices?.cacheReadPicoUsd),
      cache_creation_input_token_cost: usdPerToken(prices?.cacheWritePicoUsd),
    },
  };
}

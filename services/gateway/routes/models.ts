import type { FastifyPluginAsync } from "fastify";
import { modelNotListed } from "../errors";
import { allowedModels, callerOf } from "../plugins/auth";
import type { ModelCatalog } from "../routing/deployment";
import { listModels } from "../routing/visible-models";

/** LiteLLM's constant; clients show it but use it for nothing. Seconds since 1970. */
const CREATED = 1_677_610_602;

/** `GET /v1/models` and `/v1/models/:id`: the models the key may use. */
export const models: FastifyPluginAsync<{ catalog: ModelCatalog }> = async (app, { catalog }) => {
  for (const prefix of ["/v1", ""]) {
    app.get(`${prefix}/models`, async (request) => ({
      object: "list",
      data: listModels(catalog, allowedModels(callerOf(request))).map(describe),
    }));

    app.get<{ Params: { id: string } }>(`${prefix}/models/:id`, async (request) => {
      const { id } = request.params;
      if (!listModels(catalog, allowedModels(callerOf(request))).includes(id)) throw modelNotListed(id);
      return describe(id);
    });
  }
};

function describe(id: string) {
  return { id, object: "model", created: CREATED, owned_by: "openai" };
}

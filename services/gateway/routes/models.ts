import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { modelNotListed } from "../errors";
import { allowedModels, callerOf } from "../plugins/auth";
import { speaksAnthropic } from "../plugins/wire-error";
import type { ModelCatalog } from "../routing/deployment";
import { listModels } from "../routing/visible-models";

/** LiteLLM's constant; clients show it but use it for nothing. Seconds since 1970. */
const CREATED = 1_677_610_602;

/**
 * `GET /v1/models` and `/v1/models/:id`: the models the key may use, in Anthropic's form for clients that send
 * `anthropic-version`, otherwise in OpenAI's. All of them in one page.
 */
export const models: FastifyPluginAsync<{ catalog: ModelCatalog }> = async (app, { catalog }) => {
  const listFor = (request: FastifyRequest) => listModels(catalog, allowedModels(callerOf(request)));

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

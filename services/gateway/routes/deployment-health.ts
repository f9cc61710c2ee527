import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import type { DeploymentStatus } from "../routing/list-statuses";

const healthQuery = z.strictObject({
  model: z.string().max(300).optional(),
  model_id: z.string().max(300).optional(),
});

/** `GET /health`: from what the gateway knows; no model is called, so that asking costs nothing. */
export const deploymentHealth: FastifyPluginAsync<{ statuses: () => readonly DeploymentStatus[] }> = async (
  app,
  { statuses },
) => {
  app.get<{ Querystring: z.output<typeof healthQuery> }>(
    "/health",
    { schema: { querystring: healthQuery } },
    async ({ query }) => {
      const asked = statuses().filter(
        ({ id, modelName }) =>
          (query.model === undefined || query.model === modelName) &&
          (query.model_id === undefined || query.model_id === id),
      );
      const healthy = asked.filter(({ error }) => error === undefined);
      const unhealthy = asked.filter(({ error }) => error !== undefined);
      return {
        healthy_endpoints: healthy.map(describe),
        unhealthy_endpoints: unhealthy.map((status) => ({ ...describe(status), error: status.error })),
        healthy_count: healthy.length,
        unhealthy_count: unhealthy.length,
      };
    },
  );
};

function describe({ id, modelName, upstreamModel }: DeploymentStatus) {
  return { model_name: modelName, model: upstreamModel, model_id: id };
}

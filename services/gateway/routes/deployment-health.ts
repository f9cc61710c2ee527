import type { FastifyPluginAsync } from "fastify";
import { z } from "zod";
import { reference } from "../management/fields";
import type { Blame } from "../routing/judge-failure";
import type { DeploymentStatus } from "../routing/list-statuses";

const healthQuery = z.strictObject({
  model: reference(300).optional(),
  model_id: reference(300).optional(),
});

/** Why a deployment is cooling down, and for how long from now. */
export interface Cooling {
  readonly blame: Blame;
  readonly waitMs: number;
}

/** What the route needs. */
export interface DeploymentHealthOptions {
  readonly statuses: () => readonly DeploymentStatus[];
  /** @param id of a deployment. @returns `undefined` when it is asked */
  readonly cooling: (id: string) => Cooling | undefined;
}

const REASONS: Readonly<Record<Blame, string>> = {
  "rate-limit": "its provider's rate limit is reached",
  failing: "it failed",
  misconfigured: "its provider refuses the gateway's own access or configuration",
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
        .map((status) => describe(status, cooling(status.id)));
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

function describe({ id, modelName, upstreamModel, error }: DeploymentStatus, cooling: Cooling | undefined) {
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

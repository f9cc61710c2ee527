import type { Deployment, ModelCatalog } from "../routing/deployment";
import type { DeploymentHealth } from "../upstream/deployment-health";
import type { UpstreamCounts } from "../upstream/upstream-watch";
import type { MetricsRegistry } from "./registry";

/** In seconds: a first token comes within a few, a whole answer within minutes. */
const FIRST_TOKEN_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 25, 60, 120];
const ANSWER_SECONDS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/**
 * Counts requests to providers. Labels are ids of deployments and names of models, both of the configuration, and codes of
 * errors: their number is known.
 */
export function createUpstreamCounts(registry: MetricsRegistry): UpstreamCounts {
  const requests = registry.counter(
    "gateway_upstream_requests_total",
    "Requests to providers that are over, by outcome: success, client_closed or the code of the error.",
    ["deployment", "outcome"],
  );
  const durations = registry.histogram(
    "gateway_upstream_duration_seconds",
    "From sending a request to a provider to the end of its answer.",
    ["deployment"],
    ANSWER_SECONDS,
  );
  const firstTokens = registry.histogram(
    "gateway_upstream_time_to_first_token_seconds",
    "From sending a request to a provider to the first content of its answer.",
    ["deployment"],
    FIRST_TOKEN_SECONDS,
  );
  const failovers = registry.counter(
    "gateway_failovers_total",
    "Requests that went on to another deployment because one had failed.",
    ["model"],
  );
  const retries = registry.counter(
    "gateway_upstream_retries_total",
    "Requests sent again to a deployment that had no room.",
    ["deployment"],
  );
  return {
    ended: ({ id }, outcome, seconds) => {
      requests.add(1, [id, outcome]);
      durations.observe(seconds, [id]);
    },
    opened: ({ id }, seconds) => firstTokens.observe(seconds, [id]),
    failedOver: ({ modelName }) => failovers.add(1, [modelName]),
    retried: ({ id }) => retries.add(1, [id]),
  };
}

/** Shows of each deployment in use whether it is cooling down. */
export function showCoolDowns(
  registry: MetricsRegistry,
  catalog: Pick<ModelCatalog, "groups">,
  health: Pick<DeploymentHealth, "cooling">,
): void {
  const read = (deployment: Deployment) =>
    [[deployment.id], health.cooling(deployment) === undefined ? 0 : 1] as const;
  registry.gauges(
    "gateway_deployment_cooling_down",
    "Whether a deployment is not asked for now, because it failed.",
    ["deployment"],
    () => [...catalog.groups.values()].flat().map(read),
  );
}

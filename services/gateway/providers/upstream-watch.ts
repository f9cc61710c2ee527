import type { FastifyBaseLogger } from "fastify";
import { type Clock, monotonicClock } from "../../shared/clock";
import type { MetricsRegistry } from "../../shared/metrics-registry";
import type { GatewayError } from "../errors/gateway-error";
import { judgeFailure } from "./cool-down";
import type { Deployment, ModelCatalog } from "./deployment";
import type { DeploymentHealth } from "./health";

/** Lines about failures of one deployment within `WINDOW_MS`; the next line after that has the number of those left out. */
const MOST_LINES = 5;
const WINDOW_MS = 10_000;

/** Counts what becomes of requests to providers. */
interface UpstreamCounts {
  /** @param outcome `success`, `client_closed` or the code of the error */
  ended(deployment: Deployment, outcome: string, seconds: number): void;
  /** The first content came. */
  opened(deployment: Deployment, seconds: number): void;
  failedOver(deployment: Deployment): void;
  retried(deployment: Deployment): void;
}

/** One request to a provider. */
interface WatchedAttempt {
  opened(): void;
  over(failure: GatewayError | undefined): void;
}

/** Settings of `UpstreamWatch`. */
interface UpstreamWatchSettings {
  readonly counts: UpstreamCounts;
  readonly logger: Pick<FastifyBaseLogger, "warn">;
  /** For how long something lasts. */
  readonly clock: Clock;
}

/** Lines of the log about one deployment. */
interface Lines {
  windowEndMs: number;
  written: number;
  leftOut: number;
}

/** Says what becomes of requests to providers: numbers of all, and lines of a bounded number about those that failed. */
export class UpstreamWatch {
  readonly #settings: UpstreamWatchSettings;
  readonly #lines = new WeakMap<Deployment, Lines>();

  constructor(settings: UpstreamWatchSettings) {
    this.#settings = settings;
  }

  begin(deployment: Deployment, requestId: string): WatchedAttempt {
    const { counts } = this.#settings;
    const begun = monotonicClock.now();
    const seconds = () => (monotonicClock.now() - begun) / 1000;
    return {
      opened: () => counts.opened(deployment, seconds()),
      over: (failure) => {
        counts.ended(deployment, outcomeOf(failure), seconds());
        if (failure !== undefined && judgeFailure(failure) !== undefined)
          this.#tell(deployment, failure, requestId);
      },
    };
  }

  /** Another deployment is asked, because one failed. @param deployment the other one */
  failedOver(deployment: Deployment): void {
    this.#settings.counts.failedOver(deployment);
  }

  /** The same deployment is asked again. */
  retried(deployment: Deployment): void {
    this.#settings.counts.retried(deployment);
  }

  #tell(deployment: Deployment, { code, reason, upstreamStatus }: GatewayError, requestId: string): void {
    const { clock, logger } = this.#settings;
    const lines = this.#linesOf(deployment, clock.now());
    if (lines.written >= MOST_LINES) {
      lines.leftOut += 1;
      return;
    }
    lines.written += 1;
    const { leftOut } = lines;
    lines.leftOut = 0;
    const { id, modelName } = deployment;
    logger.warn(
      {
        deployment: id,
        model: modelName,
        code,
        ...(reason === undefined ? {} : { reason }),
        ...(upstreamStatus === undefined ? {} : { upstreamStatus }),
        ...(leftOut === 0 ? {} : { leftOut }),
        requestId,
      },
      "provider request failed",
    );
  }

  #linesOf(deployment: Deployment, nowMs: number): Lines {
    let lines = this.#lines.get(deployment);
    if (lines === undefined) {
      lines = { windowEndMs: nowMs + WINDOW_MS, written: 0, leftOut: 0 };
      this.#lines.set(deployment, lines);
    }
    if (nowMs >= lines.windowEndMs) {
      lines.windowEndMs = nowMs + WINDOW_MS;
      lines.written = 0;
    }
    return lines;
  }
}

function outcomeOf(failure: GatewayError | undefined): string {
  if (failure === undefined) return "success";
  return failure.status === 499 ? "client_closed" : failure.code;
}

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
    "Requests retried on a deployment that was at capacity.",
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

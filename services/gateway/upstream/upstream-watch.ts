import type { FastifyBaseLogger } from "fastify";
import type { GatewayError } from "../errors";
import { type Clock, monotonicClock } from "../ports/clock";
import type { Deployment } from "../routing/deployment";
import { judgeFailure } from "../routing/judge-failure";

/** Lines about failures of one deployment within `WINDOW_MS`; the next line after that has the number of those left out. */
const MOST_LINES = 5;
const WINDOW_MS = 10_000;

/** Counts what becomes of requests to providers. */
export interface UpstreamCounts {
  /** @param outcome `success`, `client_closed` or the code of the error */
  ended(deployment: Deployment, outcome: string, seconds: number): void;
  /** The first content came. */
  opened(deployment: Deployment, seconds: number): void;
  failedOver(deployment: Deployment): void;
  retried(deployment: Deployment): void;
}

/** One request to a provider. */
export interface WatchedAttempt {
  opened(): void;
  over(failure: GatewayError | undefined): void;
}

/** Settings of `UpstreamWatch`. */
export interface UpstreamWatchSettings {
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
      "request to a provider failed",
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

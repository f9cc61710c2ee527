import fp from "fastify-plugin";
import type { Capacity } from "../capacity";
import type { SchemaState, SchemaWork } from "../ports/schema-state";

/** What readiness asks. */
export interface HealthChecks {
  /** A real sign of life of the database, time-limited and cached by whoever gives it. */
  readonly isDatabaseConnected: () => Promise<boolean>;
  /** Whether a new request would be accepted as far as its audit row is concerned. */
  readonly isAuditAccepting: () => boolean;
  readonly schema: () => SchemaState;
}

/** What the plugin needs. */
export interface HealthOptions {
  readonly checks: HealthChecks;
  readonly capacity: Capacity;
}

/** `/health/*`: without a key, so that Docker, load balancers and scripts can ask. */
export const health = fp<HealthOptions>(
  async (app, { checks, capacity }) => {
    const options = { config: { isPublic: true }, logLevel: "warn" as const };

    app.get("/health/readiness", options, async (_request, reply) => {
      const isConnected = await checks.isDatabaseConnected();
      const isHealthy = isConnected && checks.isAuditAccepting();
      const isReady = isHealthy && !capacity.isFull;
      const { maxAnswers, maxBodyBytes } = capacity.limits;
      return reply.code(isReady ? 200 : 503).send({
        // A balancer does well to send requests elsewhere for the moment.
        status: isReady ? "connected" : isHealthy ? "overloaded" : "unhealthy",
        db: isConnected ? "connected" : "disconnected",
        cache: null,
        success_callbacks: [],
        last_updated: new Date().toISOString(),
        answers: { in_use: capacity.answers, limit: maxAnswers },
        body_bytes: { in_use: capacity.bodyBytes, limit: maxBodyBytes },
        schema: toSchema(checks.schema()),
      });
    });

    for (const path of ["/health/liveliness", "/health/liveness"]) {
      // A JSON string, quotes included, as LiteLLM answers.
      app.get(path, options, async (_request, reply) => reply.type("application/json").send('"I\'m alive!"'));
    }
  },
  { name: "health", dependencies: ["request-id"] },
);

/** Whoever waits for an upgrade sees how far it is; a version above `known` is why this gateway is not ready. */
function toSchema({ version, known, migrating, building }: SchemaState) {
  const toWork = (work: SchemaWork | undefined) =>
    work === undefined ? null : { step: work.step, since: work.since.toISOString() };
  return { version: version ?? null, known, migrating: toWork(migrating), building: toWork(building) };
}

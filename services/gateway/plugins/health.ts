import fp from "fastify-plugin";

/** What readiness asks. */
export interface HealthChecks {
  /** A real sign of life of the database, time-limited and cached by whoever gives it. */
  readonly isDatabaseConnected: () => Promise<boolean>;
  /** Whether a new request would be accepted as far as its audit row is concerned. */
  readonly isAuditAccepting: () => boolean;
}

/** `/health/*`: without a key, so that Docker, load balancers and scripts can ask. */
export const health = fp<{ checks: HealthChecks }>(
  async (app, { checks }) => {
    const options = { config: { isPublic: true }, logLevel: "warn" as const };

    app.get("/health/readiness", options, async (_request, reply) => {
      const isConnected = await checks.isDatabaseConnected();
      const isReady = isConnected && checks.isAuditAccepting();
      return reply.code(isReady ? 200 : 503).send({
        status: isReady ? "connected" : "unhealthy",
        db: isConnected ? "connected" : "disconnected",
        cache: null,
        success_callbacks: [],
        last_updated: new Date().toISOString(),
      });
    });

    for (const path of ["/health/liveliness", "/health/liveness"]) {
      // A JSON string, quotes included, as LiteLLM answers.
      app.get(path, options, async (_request, reply) => reply.type("application/json").send('"I\'m alive!"'));
    }
  },
  { name: "health", dependencies: ["request-id"] },
);

import fp from "fastify-plugin";
import type { Durability, SchemaState, SchemaWork } from "../store/database-state";
import type { Capacity } from "./capacity";

/** What readiness asks. */
export interface HealthChecks {
  /** Time-limited and cached by whoever gives it: anybody may ask, as often as they like. */
  readonly durability: () => Promise<Durability>;
  /** Whether the process will end soon, and others are to take its place. */
  readonly isLeaving: () => boolean;
  readonly schema: () => SchemaState;
}

/** What the plugin needs. */
export interface HealthOptions {
  readonly checks: HealthChecks;
  readonly capacity: Capacity;
}

/** What a balancer is told. Only the first two are sent requests. */
export type Readiness = "connected" | "degraded" | "overloaded" | "unhealthy" | "starting" | "shutting_down";

/**
 * `/health/*`: without a key, so that Docker, load balancers and scripts can ask. Readiness is 200 when this gateway is of use to somebody, 503
 * when requests had better go elsewhere: see docs/decisions/0037-what-ready-means.md.
 */
export const health = fp<HealthOptions>(
  async (app, { checks, capacity }) => {
    const options = { config: { isPublic: true } };

    app.get<{ Querystring: { require?: unknown } }>(
      "/health/readiness",
      options,
      async ({ query }, reply) => {
        const durability = await checks.durability();
        const status = judge(durability, capacity.isFull, checks.isLeaving());
        const isServing = status === "connected" || status === "degraded";
        // For balancers that have a better gateway to send those to, or believe that they do.
        const isEnough = query.require !== "budgets" || durability.hasBudgets;
        const { maxAnswers, maxBodyBytes } = capacity.limits;
        const { isConnected, hasBudgets, audit, journal } = durability;
        return reply.code(isServing && isEnough ? 200 : 503).send({
          status,
          db: isConnected ? "connected" : "disconnected",
          cache: null,
          success_callbacks: [],
          last_updated: new Date().toISOString(),
          budgets: hasBudgets ? "available" : "unavailable",
          audit,
          answers: { in_use: capacity.answers, limit: maxAnswers },
          body_bytes: { in_use: capacity.bodyBytes, limit: maxBodyBytes },
          journal_bytes: journal === undefined ? null : { in_use: journal.bytes, limit: journal.maxBytes },
          schema: toSchema(checks.schema()),
        });
      },
    );

    for (const path of ["/health/liveliness", "/health/liveness"]) {
      // A JSON string, quotes included, as LiteLLM answers.
      app.get(path, options, async (_request, reply) => reply.type("application/json").send('"I\'m alive!"'));
    }
  },
  { name: "health", dependencies: ["request-id"] },
);

function judge({ isStarted, audit, hasBudgets }: Durability, isFull: boolean, isLeaving: boolean): Readiness {
  if (isLeaving) return "shutting_down";
  if (audit === "none") return isStarted ? "unhealthy" : "starting";
  if (isFull) return "overloaded";
  return audit === "database" && hasBudgets ? "connected" : "degraded";
}

/** Whoever waits for an upgrade sees how far it is; a version above `known` is why this gateway is not ready. */
function toSchema({ version, known, migrating, building }: SchemaState) {
  const toWork = (work: SchemaWork | undefined) =>
    work === undefined ? null : { step: work.step, since: work.since.toISOString() };
  return { version: version ?? null, known, migrating: toWork(migrating), building: toWork(building) };
}

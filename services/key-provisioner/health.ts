import type { FastifyPluginAsync } from "fastify";
import { cached } from "./cached";
import type { Coder } from "./coder";
import type { Database } from "./store/database";

/** What the key-provisioner depends on. */
export interface HealthOptions {
  /** Time-limited and cached by whoever gives it. */
  readonly isGatewayReady: () => Promise<boolean>;
  readonly database: Pick<Database, "isUsable">;
  /** `undefined`: the platform has none. */
  readonly coder: Pick<Coder, "state"> | undefined;
  /** Of the last reconciliation. */
  readonly reconciliation: () => { readonly at: Date | undefined; readonly problem: string | undefined };
}

/** `/health` says whether the service is of use and what it lacks, `/health/live` whether the process is alive. */
export const health: FastifyPluginAsync<HealthOptions> = async (app, options) => {
  const { isGatewayReady, database, coder, reconciliation } = options;
  const look = cached(async () => {
    const [gateway, hasDatabase, ofCoder] = await Promise.all([
      isGatewayReady(),
      database.isUsable(),
      coder?.state() ?? ("not_configured" as const),
    ]);
    const missing = [
      ...(gateway ? [] : ["gateway"]),
      ...(hasDatabase ? [] : ["database"]),
      ...(MISSING[ofCoder] ?? []),
    ];
    return { gateway, hasDatabase, ofCoder, missing };
  });

  app.get("/health", async (_request, reply) => {
    const { gateway, hasDatabase, ofCoder, missing } = await look();
    const { at, problem } = reconciliation();
    return reply.code(missing.length === 0 ? 200 : 503).send({
      status: missing.length === 0 ? "ok" : "degraded",
      litellm: gateway,
      database: hasDatabase,
      coder: ofCoder,
      missing,
      reconciled_at: at?.toISOString() ?? null,
      reconciliation_problem: problem ?? null,
    });
  });
  app.get("/health/live", async () => ({ status: "ok" }));
};

const MISSING: Readonly<Record<string, readonly string[]>> = {
  unreachable: ["coder"],
  token_missing: ["coder token"],
  token_refused: ["coder token"],
};

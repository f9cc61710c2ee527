import type { FastifyPluginAsync } from "fastify";
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

/** How long what was seen stays true, in milliseconds: anybody may ask, as often as they like. */
const FRESH_MS = 1000;

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

function cached<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let readAt = Number.NEGATIVE_INFINITY;
  let value: Promise<Value> | undefined;
  return () => {
    if (value === undefined || performance.now() - readAt >= FRESH_MS) {
      readAt = performance.now();
      value = read();
    }
    return value;
  };
}

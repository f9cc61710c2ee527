import { z } from "zod";
import { askInside, type InsideAnswer, type InsideRequest } from "../docker/ask-inside";
import type { GatewayStatus, ModelStatus } from "./platform-status";

const GATEWAY_PORT = 4000;
const KEY_PROVISIONER_PORT = 8100;

const Readiness = z.object({
  status: z.string(),
  db: z.string(),
  budgets: z.string(),
  audit: z.string(),
  journal_bytes: z.object({ in_use: z.number() }).nullable(),
});
const Endpoint = z.object({ model_name: z.string(), model_id: z.string(), error: z.string().optional() });
const Health = z.object({
  healthy_endpoints: z.array(Endpoint),
  unhealthy_endpoints: z.array(Endpoint),
});

const Lacks = z.object({ missing: z.array(z.string()) });

/** What the gateway says of itself, or why it cannot be asked. */
export interface GatewayAnswer {
  readonly gateway: GatewayStatus | null;
  /** `undefined` when it did not say. */
  readonly models: readonly ModelStatus[] | undefined;
  readonly fault?: string;
}

/** Asks the gateway inside its container. Never fails: what went wrong is in `fault`. */
export async function askGateway(container: string): Promise<GatewayAnswer> {
  const answers = await ask(container, GATEWAY_PORT, [
    { path: "/health/readiness" },
    { path: "/health", bearer: { secret: "LITELLM_MASTER_KEY" } },
    { path: "/metrics" },
  ]);
  if (typeof answers === "string") return { gateway: null, models: undefined, fault: answers };
  const [readiness = NONE, health = NONE, metrics = NONE] = answers;
  const ready = parse(Readiness, readiness.text);
  if (ready === undefined)
    return { gateway: null, models: undefined, fault: `it answers ${said(readiness)} to /health/readiness` };
  const deployments = health.status === 200 ? parse(Health, health.text) : undefined;
  return {
    gateway: {
      status: ready.status,
      ready: readiness.status === 200,
      budgets: ready.budgets,
      audit: ready.audit,
      database: ready.db,
      version: /^gateway_build_info\{version="([^"]*)"/m.exec(metrics.text)?.[1] ?? null,
      journal_bytes: ready.journal_bytes?.in_use ?? null,
    },
    models: deployments && modelStatuses(deployments),
    ...(deployments === undefined ? { fault: `it answers ${said(health)} to /health` } : {}),
  };
}

/** Whether the key-provisioner is of use, and what it lacks; a text says why it cannot be asked. */
export async function askKeyProvisioner(
  container: string,
): Promise<{ ready: boolean; missing: readonly string[] } | string> {
  const answers = await ask(container, KEY_PROVISIONER_PORT, [{ path: "/health" }]);
  if (typeof answers === "string") return answers;
  const [health = NONE] = answers;
  return health.status === 200 || health.status === 503
    ? { ready: health.status === 200, missing: parse(Lacks, health.text)?.missing ?? [] }
    : `it answers ${said(health)} to /health`;
}

/** A model is usable when one of its deployments is. */
function modelStatuses({ healthy_endpoints, unhealthy_endpoints }: z.output<typeof Health>): ModelStatus[] {
  const usable = new Set(healthy_endpoints.map(({ model_name }) => model_name));
  const names = new Set([...healthy_endpoints, ...unhealthy_endpoints].map(({ model_name }) => model_name));
  return [...names].map((name) => ({
    name,
    usable: usable.has(name),
    reasons: unhealthy_endpoints
      .filter(({ model_name }) => model_name === name)
      .map(({ model_id, error }) => `${model_id}: ${error}`),
  }));
}

const NONE: InsideAnswer = { status: 0, text: "no answer" };

/** @returns a text where the container cannot be asked */
async function ask(
  container: string,
  port: number,
  requests: readonly InsideRequest[],
): Promise<readonly InsideAnswer[] | string> {
  try {
    return (await askInside(container, port, requests)).answers;
  } catch (error) {
    return (error as Error).message;
  }
}

function said({ status, text }: InsideAnswer): string {
  return status === 0 ? text : `HTTP ${status}`;
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

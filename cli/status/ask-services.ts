import { z } from "zod";
import { docker } from "../docker/docker";
import type { GatewayStatus, ModelStatus } from "./platform-status";

/** A service answers one question within this, in milliseconds. */
const ANSWER_MS = 4_000;
/** For the whole of it, the start of Node in the container included, in milliseconds. */
const EXEC_MS = 10_000;

/**
 * Runs in the container, where the services answer whatever is published, and where the master key already is: it leaves the container
 * neither as an argument nor as output.
 */
const ASK = `
const { readFileSync } = require("node:fs");
const ask = async (url, headers = {}) => {
  try {
    const response = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(${ANSWER_MS}) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: error.cause?.code ?? error.name };
  }
};
const secret = (name) => {
  try {
    return process.env[name] ?? readFileSync(process.env.SECRETS_DIRECTORY + "/" + name, "utf8").trim();
  } catch {
    return "";
  }
};
`;
const ASK_GATEWAY = `${ASK}
(async () => {
  const base = "http://127.0.0.1:" + (process.env.PORT ?? 4000);
  const [readiness, health, metrics] = await Promise.all([
    ask(base + "/health/readiness"),
    ask(base + "/health", { authorization: "Bearer " + secret("LITELLM_MASTER_KEY") }),
    ask(base + "/metrics"),
  ]);
  const version = /^gateway_build_info\\{version="([^"]*)"/m.exec(metrics.text)?.[1] ?? null;
  console.log(JSON.stringify({ readiness, health, version }));
})();`;
const ASK_KEY_PROVISIONER = `${ASK}
ask("http://127.0.0.1:" + (process.env.PORT ?? 8100) + "/health").then((health) => console.log(JSON.stringify({ health })));`;

const Answer = z.object({ status: z.number(), text: z.string() });
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

/** What the gateway says of itself, or why it cannot be asked. */
export interface GatewayAnswer {
  readonly gateway: GatewayStatus | null;
  /** `undefined` when it did not say. */
  readonly models: readonly ModelStatus[] | undefined;
  readonly fault?: string;
}

/**
 * Asks the gateway through `docker exec`, so that it can be told of on any engine, published or not.
 * Never fails: what went wrong is in `fault`.
 */
export async function askGateway(container: string): Promise<GatewayAnswer> {
  const answer = await run(container, ASK_GATEWAY);
  if (typeof answer === "string") return { gateway: null, models: undefined, fault: answer };
  const { readiness, health, version } = z
    .object({ readiness: Answer, health: Answer, version: z.string().nullable() })
    .parse(answer);
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
      version,
      journal_bytes: ready.journal_bytes?.in_use ?? null,
    },
    models: deployments && modelStatuses(deployments),
    ...(deployments === undefined ? { fault: `it answers ${said(health)} to /health` } : {}),
  };
}

/** Whether the key-provisioner is of use; a text says why it cannot be asked. */
export async function askKeyProvisioner(container: string): Promise<{ ready: boolean } | string> {
  const answer = await run(container, ASK_KEY_PROVISIONER);
  if (typeof answer === "string") return answer;
  const { health } = z.object({ health: Answer }).parse(answer);
  return health.status === 200 || health.status === 503
    ? { ready: health.status === 200 }
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

async function run(container: string, script: string): Promise<unknown> {
  try {
    const output = await docker(["exec", "--interactive", container, "node", "-"], {
      input: script,
      timeoutMs: EXEC_MS,
    });
    return JSON.parse(output);
  } catch (error) {
    return (error as Error).message;
  }
}

function said({ status, text }: z.output<typeof Answer>): string {
  return status === 0 ? text : `HTTP ${status}`;
}

function parse<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { docker } from "../docker/docker";
import { inspectObjects } from "../docker/objects";
import type { Progress } from "../terminal/progress";
import { summarizeFailures } from "./failure-report";

/** How long the platform may take until it is ready, in milliseconds. */
const LIMIT_MS = 120_000;
const INTERVAL_MS = 1_000;
/** How long the gateway takes at most to look at files that were delivered, in milliseconds: a look a second, and a pause until they are settled. */
const SETTLED_MS = 3_000;
/** Runs in the container; its argument is the instant of the last delivery, by the clock of the same host. */
const ASK = `
const base = "http://127.0.0.1:" + (process.env.PORT ?? 4000);
const [delivered] = process.argv.slice(1);
(async () => {
  const [answer, metrics] = await Promise.all([fetch(base + "/health/readiness"), fetch(base + "/metrics")]);
  const text = await metrics.text();
  const values = (name) => [...text.matchAll(new RegExp("^" + name + "(?:[{].*[}])? (.+)$", "gm"))].map(([, value]) => Number(value));
  const refused = [
    ...(values("gateway_config_last_reload_successful").includes(0) ? ["configuration"] : []),
    ...(values("gateway_secrets_last_reload_successful").includes(0) ? ["secrets"] : []),
    ...(values("gateway_working_rules_refused").some((value) => value > 0) ? ["enforced prompt"] : []),
  ];
  const isSettled = !(Date.now() - Date.parse(delivered) < ${SETTLED_MS});
  process.stdout.write(JSON.stringify({ code: answer.status, ...(await answer.json()), refused, isSettled }));
})();`;

/** What the gateway says of itself. */
export interface GatewayReadiness {
  /** HTTP status. */
  readonly code: number;
  /** `connected` is ready for everything; `degraded` refuses requests with a budget. */
  readonly status: string;
  readonly db?: string;
  readonly budgets?: string;
  readonly audit?: string;
  readonly schema?: { readonly migrating: { readonly step: number; readonly since: string } | null };
  /** What was delivered and is not in force, because it is wrong: the former is. */
  readonly refused: readonly string[];
  /** Whether it has had the time to look at what was delivered last. */
  readonly isSettled: boolean;
}

/** Whether the platform does what it should. */
export interface PlatformReadiness {
  readonly isReady: boolean;
  /** Why not, one line each. */
  readonly reasons: readonly string[];
  /** Undefined when the gateway did not answer. */
  readonly gateway: GatewayReadiness | undefined;
}

/**
 * Waits until every service is healthy and the gateway says that it is ready. It is asked from inside its container, so that it does
 * not matter where the engine runs.
 * @param platform the platform's name
 */
export async function waitUntilReady(
  platform: string,
  progress: Progress,
  limitMs = LIMIT_MS,
): Promise<PlatformReadiness> {
  const end = Date.now() + limitMs;
  let readiness: PlatformReadiness = { isReady: false, reasons: [], gateway: undefined };
  await progress.step("Waiting until the platform is ready", async (done) => {
    for (;;) {
      readiness = await readPlatform(platform);
      if (readiness.isReady || Date.now() >= end) break;
      await sleep(INTERVAL_MS);
    }
    done(readiness.isReady ? `gateway ${readiness.gateway?.status}` : `not within ${limitMs / 1000} s`);
  });
  return readiness;
}

async function readPlatform(platform: string): Promise<PlatformReadiness> {
  const sick = await summarizeFailures(platform);
  const gateway = await askGateway(`${platform}-gateway`, await lastDelivery(`${platform}-gateway-files`));
  if (typeof gateway === "string") return { isReady: false, reasons: [...sick, gateway], gateway: undefined };
  const isReady =
    sick.length === 0 &&
    gateway.code === 200 &&
    gateway.status === "connected" &&
    gateway.isSettled &&
    gateway.refused.length === 0;
  return { isReady, reasons: isReady ? [] : [...sick, describeGateway(gateway)], gateway };
}

/** When the files of the gateway were delivered last, as the engine writes instants; empty where they never were. */
async function lastDelivery(job: string): Promise<string> {
  const [container] = await inspectObjects("container", [job]);
  return container?.State.FinishedAt ?? "";
}

async function askGateway(container: string, delivered: string): Promise<GatewayReadiness | string> {
  try {
    return JSON.parse(await docker(["exec", container, "node", "-e", ASK, delivered])) as GatewayReadiness;
  } catch (error) {
    return `the gateway does not answer: ${(error as Error).message.split("\n")[0]}`;
  }
}

function describeGateway({ code, status, db, budgets, audit, schema, refused }: GatewayReadiness): string {
  if (refused.length > 0) {
    return `the gateway rejected the new ${refused.join(" and ")}, and keeps the previous: see its log (npm run sluice -- logs gateway --since 5m)`;
  }
  const migrating = schema?.migrating == null ? "" : `, migrating its schema (step ${schema.migrating.step})`;
  return `the gateway's readiness is ${code} ${status}: database ${db}, budgets ${budgets}, audit ${audit}${migrating}`;
}

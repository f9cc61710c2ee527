import { setTimeout as sleep } from "node:timers/promises";
import { docker } from "../docker/docker";
import type { Progress } from "../terminal/progress";
import { summarizeFailures } from "./failure-report";

/** How long the platform may take until it is ready, in milliseconds. */
const LIMIT_MS = 120_000;
const INTERVAL_MS = 1_000;
const ASK = `fetch("http://127.0.0.1:4000/health/readiness").then(async (answer) => process.stdout.write(JSON.stringify({ code: answer.status, ...(await answer.json()) })))`;

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
  const gateway = await askGateway(`${platform}-gateway`);
  if (typeof gateway === "string") return { isReady: false, reasons: [...sick, gateway], gateway: undefined };
  const isReady = sick.length === 0 && gateway.code === 200 && gateway.status === "connected";
  return { isReady, reasons: isReady ? [] : [...sick, describeGateway(gateway)], gateway };
}

async function askGateway(container: string): Promise<GatewayReadiness | string> {
  try {
    return JSON.parse(await docker(["exec", container, "node", "-e", ASK])) as GatewayReadiness;
  } catch (error) {
    return `the gateway does not answer: ${(error as Error).message.split("\n")[0]}`;
  }
}

function describeGateway({ code, status, db, budgets, audit, schema }: GatewayReadiness): string {
  const migrating = schema?.migrating == null ? "" : `, migrating its schema (step ${schema.migrating.step})`;
  return `the gateway's readiness is ${code} ${status}: database ${db}, budgets ${budgets}, audit ${audit}${migrating}`;
}

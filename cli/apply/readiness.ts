import { setTimeout as sleep } from "node:timers/promises";
import { askInside } from "../docker/ask-inside";
import { inspectObjects } from "../docker/objects";
import type { Progress } from "../terminal/progress";
import { summarizeFailures } from "./failure-report";

/** How long the platform may take until it is ready, in milliseconds. */
const LIMIT_MS = 120_000;
const INTERVAL_MS = 1_000;
/** How long the gateway takes at most to look at files that were delivered, in milliseconds: a look a second, and a pause until they are settled. */
const SETTLED_MS = 3_000;
const GATEWAY_PORT = 4000;

/** What was delivered and refused, by the gauge that says so and the value that means it. */
const REFUSALS: readonly (readonly [what: string, gauge: string, isRefused: (value: number) => boolean])[] = [
  ["configuration", "gateway_config_last_reload_successful", (value) => value === 0],
  ["secrets", "gateway_secrets_last_reload_successful", (value) => value === 0],
  ["enforced prompt", "gateway_working_rules_refused", (value) => value > 0],
];

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

/** How it is waited. */
export interface WaitOptions {
  /** In milliseconds. @default 120000 */
  readonly limitMs?: number;
  /** Called after each look; an error that it throws ends the waiting. @default - nothing */
  readonly onWait?: () => void;
}

/**
 * Waits until every service is healthy and the gateway says that it is ready. It is asked from inside its container, so that it does
 * not matter where the engine runs.
 * @param platform the platform's name
 */
export async function waitUntilReady(
  platform: string,
  progress: Progress,
  { limitMs = LIMIT_MS, onWait = () => {} }: WaitOptions = {},
): Promise<PlatformReadiness> {
  const end = Date.now() + limitMs;
  let readiness: PlatformReadiness = { isReady: false, reasons: [], gateway: undefined };
  await progress.step("Waiting until the platform is ready", async (done) => {
    for (;;) {
      readiness = await readPlatform(platform);
      if (readiness.isReady || Date.now() >= end) break;
      onWait();
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
    const { answers, now } = await askInside(container, GATEWAY_PORT, [
      { path: "/health/readiness" },
      { path: "/metrics" },
    ]);
    const [readiness, metrics] = answers;
    const silent = answers.find(({ status }) => status === 0);
    if (readiness === undefined || metrics === undefined || silent !== undefined)
      return `the gateway does not answer: ${silent?.text}`;
    const said = JSON.parse(readiness.text) as Pick<GatewayReadiness, "status">;
    // Where nothing was ever delivered there is nothing to wait for.
    const isSettled = !(now - Date.parse(delivered) < SETTLED_MS);
    return { ...said, code: readiness.status, refused: refusedDeliveries(metrics.text), isSettled };
  } catch (error) {
    return `the gateway does not answer: ${(error as Error).message.split("\n")[0]}`;
  }
}

function refusedDeliveries(metrics: string): string[] {
  return REFUSALS.filter(([, gauge, isRefused]) =>
    [...metrics.matchAll(new RegExp(`^${gauge}(?:[{].*[}])? (.+)$`, "gm"))].some(([, value]) =>
      isRefused(Number(value)),
    ),
  ).map(([what]) => what);
}

function describeGateway({ code, status, db, budgets, audit, schema, refused }: GatewayReadiness): string {
  if (refused.length > 0) {
    return `the gateway rejected the new ${refused.join(" and ")}, and keeps the previous: see its log (npm run sluice -- logs gateway --since 5m)`;
  }
  const migrating = schema?.migrating == null ? "" : `, migrating its schema (step ${schema.migrating.step})`;
  return `the gateway's readiness is ${code} ${status}: database ${db}, budgets ${budgets}, audit ${audit}${migrating}`;
}

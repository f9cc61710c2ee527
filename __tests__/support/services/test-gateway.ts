import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { buildApp } from "../../../services/gateway/app";
import type { GatewayConfig } from "../../../services/gateway/config";
import { EnforcementLevels, type LevelSettings } from "../../../services/gateway/enforcement/levels";
import type { PromptSource } from "../../../services/gateway/enforcement/policy";
import { SCREENING_OFF, type ScreeningSettings } from "../../../services/gateway/guardrails/screening";
import type { CapacityLimits } from "../../../services/gateway/http/capacity";
import { hashKey, MasterKeys, maskKey, ProvisionerToken } from "../../../services/gateway/identity/keys";
import { Ledger } from "../../../services/gateway/money/ledger/ledger";
import { Limiter } from "../../../services/gateway/money/limits/limiter";
import { UpstreamClient, type UpstreamTimeouts } from "../../../services/gateway/providers/client";
import {
  DEFAULT_ROUTING,
  type Deployment,
  type RoutingSettings,
} from "../../../services/gateway/providers/deployment";
import { InFlight } from "../../../services/gateway/providers/in-flight";
import type { AdminRole } from "../../../services/gateway/store/admin-token-store";
import type { Durability, SchemaState } from "../../../services/gateway/store/database-state";
import type { NewVirtualKey, VirtualKey } from "../../../services/gateway/store/key-store";
import { createLogger } from "../../../services/shared/logger";
import { Secret } from "../../../services/shared/secret";
import { MemoryAdminTokenStore } from "../stores/admin-token-store";
import { MemoryAuditLog } from "../stores/audit-log";
import { MemoryBudgetStore } from "../stores/budget-store";
import { MemoryKeyStore } from "../stores/key-store";
import { MemoryNamedBudgetStore } from "../stores/named-budget-store";
import { MemoryQuotaStore } from "../stores/quota-store";
import { MemorySpendStore } from "../stores/spend-store";
import { MemoryUserStore } from "../stores/user-store";
import { staticPrompts } from "./static-prompts";

export const MASTER_KEY = "sk-master-key-of-tests";
export const PROVISIONER_TOKEN = "sk-provisioner-token-of-tests";
export const MODEL = "claude-sonnet-4-5";

/** A gateway in this process, with memory adapters. */
export interface TestGateway {
  readonly app: FastifyInstance;
  readonly keys: MemoryKeyStore;
  readonly users: MemoryUserStore;
  readonly namedBudgets: MemoryNamedBudgetStore;
  readonly audit: MemoryAuditLog;
  readonly budgets: MemoryBudgetStore;
  readonly ledger: Ledger;
  readonly inFlight: InFlight;
  /** Milliseconds since 1970; set it to travel. */
  readonly clock: { now(): number };
  /** Lines that were logged. */
  readonly log: string[];
  /** Listens on a free port. @returns the URL */
  listen(): Promise<string>;
  /** Makes a key. @returns the key itself and what is stored of it */
  addKey(raw: string, props?: Partial<NewVirtualKey>): Promise<VirtualKey>;
  /** Makes an admin token named `the-<role>`. @returns the token itself */
  addToken(role: AdminRole): Promise<string>;
  close(): Promise<void>;
}

export interface TestGatewayProps {
  /** @default a port where nobody listens */
  readonly upstreamUrl?: string;
  /** @default - memory without delay */
  readonly audit?: MemoryAuditLog;
  /** Give it to the audit log too. @default - memory */
  readonly budgets?: MemoryBudgetStore;
  /** In nano-USD. @default - none */
  readonly maxEndUserBudgetNano?: number;
  /** @default - Postgres is there, and rows are taken as the log takes them */
  readonly durability?: () => Promise<Partial<Durability>>;
  /** @default - it stays */
  readonly isLeaving?: () => boolean;
  /** @default - up to date */
  readonly schema?: SchemaState;
  /** @default true */
  readonly hasPrices?: boolean;
  readonly timeouts?: Partial<UpstreamTimeouts>;
  readonly maxBodyBytes?: number;
  /** @default - more than any test uses */
  readonly capacity?: Partial<CapacityLimits>;
  /** @default - those of the process */
  readonly connections?: Partial<GatewayConfig["connections"]>;
  /** @default - none */
  readonly trustedProxies?: readonly string[];
  /** @default - none */
  readonly corsOrigins?: readonly string[];
  /** Deployments of `MODEL`. @default one, with Anthropic */
  readonly deployments?: readonly Deployment[];
  readonly routing?: Partial<RoutingSettings>;
  /** @default - keys have no working rules unless they name a level */
  readonly levels?: LevelSettings;
  /** Model name → deployments, beside those that are always there. @default - none */
  readonly groups?: ReadonlyMap<string, readonly Deployment[]>;
  /** Level → its working rules, or where they come from. @default - those of `prompts/` */
  readonly prompts?: Readonly<Record<string, string>> | PromptSource;
  /** @default "debug" */
  readonly logLevel?: string;
  /** Of keys that say nothing themselves. @default - requests are not screened */
  readonly guardrails?: ScreeningSettings;
}

export function buildTestGateway(props: TestGatewayProps = {}): TestGateway {
  const log: string[] = [];
  const clock = { now: () => Date.now() };
  const keys = new MemoryKeyStore(clock);
  const users = new MemoryUserStore(clock);
  const namedBudgets = new MemoryNamedBudgetStore(clock);
  const budgets = props.budgets ?? new MemoryBudgetStore();
  const audit = props.audit ?? new MemoryAuditLog({ budgets });
  const ledger = new Ledger({ store: budgets, logger: createLogger({ name: "test", level: "silent" }) });
  const adminTokens = new MemoryAdminTokenStore(clock);
  const inFlight = new InFlight();
  const upstream = new UpstreamClient(props.timeouts);
  const deployment = (modelName: string): Deployment =>
    anthropicDeployment({
      id: `${modelName}/0`,
      modelName,
      upstreamModel: `${modelName}-20250929`,
      ...(props.upstreamUrl === undefined ? {} : { baseUrl: props.upstreamUrl }),
      ...(props.hasPrices === false ? { prices: undefined } : {}),
    });
  const app = buildApp(
    {
      maxBodyBytes: props.maxBodyBytes ?? 1024 * 1024,
      capacity: { maxAnswers: 1000, maxBodyBytes: 64 * 1024 * 1024, ...props.capacity },
      connections: {
        maxConnections: 5000,
        headersTimeoutMs: 30_000,
        keepAliveMs: 55_000,
        bodyTimeoutMs: 120_000,
        bodyMinBytesPerSecond: 1024,
        drainTimeoutMs: 60_000,
        ...props.connections,
      },
      trustedProxies: [...(props.trustedProxies ?? [])],
      corsOrigins: [...(props.corsOrigins ?? [])],
    },
    {
      logger: createLogger({
        name: "test",
        level: props.logLevel ?? "debug",
        destination: { write: (line) => void log.push(line) },
      }),
      clock: { now: () => clock.now() },
      catalog: {
        groups: new Map([
          [MODEL, props.deployments ?? [deployment(MODEL)]],
          ["claude-haiku-4-5", [deployment("claude-haiku-4-5")]],
          ["without-deployment", []],
          ...(props.groups ?? []),
        ]),
        mayDropParams: true,
        maxEndUserBudgetNano: props.maxEndUserBudgetNano,
        routing: { ...DEFAULT_ROUTING, retryWaitMs: 1, ...props.routing },
      },
      masterKeys: new MasterKeys({ now: () => clock.now() }, new Secret(MASTER_KEY)),
      provisionerToken: new ProvisionerToken(new Secret(PROVISIONER_TOKEN)),
      keys,
      users,
      namedBudgets,
      adminTokens,
      spend: new MemorySpendStore(audit.rows),
      audit,
      ledger,
      limiter: new Limiter({
        store: new MemoryQuotaStore({ now: () => clock.now() }),
        clock: { now: () => clock.now() },
        logger: createLogger({ name: "test", level: "silent" }),
      }),
      checks: {
        durability: async () => ({
          isStarted: true,
          isConnected: true,
          audit: audit.isAccepting ? "database" : "none",
          hasBudgets: audit.isAccepting,
          journal: undefined,
          ...(await props.durability?.()),
        }),
        isLeaving: props.isLeaving ?? (() => false),
        schema: () => props.schema ?? { version: 1, known: 1, migrating: undefined, building: undefined },
      },
      upstream,
      inFlight,
      levels: new EnforcementLevels({ defaultLevel: "unrestricted", ...props.levels }),
      prompts: isPromptSource(props.prompts) ? props.prompts : staticPrompts(props.prompts),
      guardrails: () => props.guardrails ?? SCREENING_OFF,
      callbacks: () => ({ success: ["log_to_db", "langfuse"], failure: ["langfuse"], both: [] }),
      deploymentStatuses: () => [
        { id: `${MODEL}/0`, modelName: MODEL, upstreamModel: `${MODEL}-20250929`, error: undefined },
        { id: "bedrock/0", modelName: "bedrock", upstreamModel: "bedrock/x", error: "AWS_REGION is not set" },
      ],
    },
  );
  return {
    app,
    keys,
    users,
    namedBudgets,
    audit,
    budgets,
    ledger,
    inFlight,
    clock,
    log,
    async listen() {
      await app.listen({ port: 0, host: "127.0.0.1" });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
    async addToken(role) {
      const raw = `sk-admin-token-of-${role}`;
      await adminTokens.create({
        tokenHash: hashKey(raw),
        tokenName: maskKey(raw),
        name: `the-${role}`,
        role,
        expiresAt: null,
        createdBy: "tests",
      });
      return raw;
    },
    addKey: (raw, key = {}) => keys.create(newKey(raw, key)),
    async close() {
      inFlight.abortAll(new Error("test over") as never);
      app.server.closeAllConnections();
      await app.close();
      await upstream.close();
    },
  };
}

function isPromptSource(prompts: TestGatewayProps["prompts"]): prompts is PromptSource {
  return typeof prompts?.["find"] === "function";
}

/** A deployment of `MODEL` with Anthropic, 3 and 15 USD a million tokens, cache 0.30 and 3.75. */
export function anthropicDeployment(props: Partial<Deployment> = {}): Deployment {
  return {
    id: `${MODEL}/0`,
    modelName: MODEL,
    upstreamModel: `${MODEL}-20250929`,
    baseUrl: "http://127.0.0.1:9",
    access: { provider: "anthropic", apiKey: new Secret("upstream-credential") },
    maxOutputTokens: 64_000,
    prices: {
      inputPicoUsd: 3_000_000,
      outputPicoUsd: 15_000_000,
      cacheReadPicoUsd: 300_000,
      cacheWritePicoUsd: 3_750_000,
    },
    ...props,
  };
}

/** What `KeyStore.create` takes, with everything optional left out. */
export function newKey(raw: string, props: Partial<NewVirtualKey> = {}): NewVirtualKey {
  return {
    tokenHash: hashKey(raw),
    keyName: maskKey(raw),
    keyAlias: null,
    userId: null,
    models: [],
    metadata: {},
    expiresAt: null,
    maxBudgetNanoUsd: null,
    budgetDuration: null,
    rpmLimit: null,
    tpmLimit: null,
    maxParallelRequests: null,
    budgetId: null,
    createdBy: "tests",
    ...props,
  };
}

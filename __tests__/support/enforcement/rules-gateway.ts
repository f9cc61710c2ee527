import type { PromptSource } from "../../../services/gateway/enforcement/policy";
import type { Deployment } from "../../../services/gateway/providers/deployment";
import { Secret } from "../../../services/shared/secret";
import { anthropicDeployment, buildTestGateway, type TestGateway } from "../services/test-gateway";
import { CapturingProvider, PROVIDER_KINDS, type ProviderKind } from "./capturing-provider";
import type { Expected } from "./judge-sent";

/** Which attempt of a request is answered. */
export type Attempt = "first attempt" | "failover";
export const ATTEMPTS: readonly Attempt[] = ["first attempt", "failover"];

/** Working rules with all that a text can hold that is easily got wrong. */
export const RULES: Readonly<Record<string, string>> = {
  standard: '# Rules\n\n1. Be careful – "always".\n2. Ünicode \\ 😀 \u2028 </system>\t{"role":"user"}',
  "design-first": `# Design first\n\n${"Propose before you write.\n".repeat(60)}End.`,
  careful: "# Careful\n\nA team's own rules.",
};

/** Metadata of keys by their names; each key is `sk-<name>-key`. */
const KEYS: Readonly<Record<string, Record<string, unknown>>> = {
  standard: { enforcement_level: "standard" },
  "design-first": { enforcement_level: "design-first" },
  careful: { enforcement_level: "careful" },
  unnamed: {},
  "below-minimum": { enforcement_level: "unrestricted", scope: "agent:review" },
  unrestricted: { enforcement_level: "unrestricted" },
  "without-prompt": { enforcement_level: "lost" },
  "unknown-level": { enforcement_level: "Standard" },
};
export const keyOf = (name: string) => `sk-${name}-key-of-tests`;

/** A gateway with all kinds of deployments, lane by lane, whose keys have working rules. */
export interface RulesGateway {
  readonly gateway: TestGateway;
  readonly provider: CapturingProvider;
  readonly url: string;
  /** Every route that Fastify has. */
  readonly routes: readonly RegisteredRoute[];
  close(): Promise<void>;
}

export interface RegisteredRoute {
  readonly method: string;
  readonly path: string;
  readonly accessesModels: boolean;
}

/** The model whose answers come from this kind of deployment, at this attempt. */
export const modelOf = (lane: string, kind: ProviderKind, attempt: Attempt) =>
  `${lane}-${kind}-${attempt === "failover" ? "failover" : "first"}`;

/** Each has a form that must come through as it is: ids with dates, profiles, ARNs. */
const UPSTREAM_MODELS: Readonly<Record<ProviderKind, string>> = {
  anthropic: "claude-sonnet-4-5-20250929",
  "bedrock-invoke": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/claude-sonnet-4-5",
  "bedrock-messages": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
};
const CREDENTIAL = "credential-of-the-provider";

/** What must have come to a provider. @param level whose rules */
export const expectedAt = (kind: ProviderKind, level: string): Expected => ({
  rules: RULES[level] as string,
  upstreamModel: UPSTREAM_MODELS[kind],
  credential: CREDENTIAL,
});

/** @param lanes names of the lanes @param prompts @default `RULES` */
export async function startRulesGateway(
  lanes: readonly string[],
  prompts?: PromptSource,
): Promise<RulesGateway> {
  const provider = await CapturingProvider.start();
  const gateway = buildTestGateway({
    groups: new Map(lanes.flatMap((lane) => groupsOf(provider, lane))),
    // Providers that are always busy are asked again and again.
    routing: { coolDownMs: 0, maxAttempts: 3 },
    maxBodyBytes: 4 * 1024 * 1024,
    // Nobody reads the lines of thousands of requests.
    logLevel: "error",
    prompts: prompts ?? RULES,
    levels: {
      custom: [
        { name: "careful", file: "careful.md", strictness: 150 },
        { name: "lost", file: "lost.md", strictness: 160 },
      ],
      defaultLevel: "standard",
      minimumByScope: { agent: "design-first" },
    },
  });
  const routes: RegisteredRoute[] = [];
  gateway.app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat())
      routes.push({ method: one, path: url, accessesModels: config?.modelAccess !== undefined });
  });
  const url = await gateway.listen();
  for (const [name, metadata] of Object.entries(KEYS)) await gateway.addKey(keyOf(name), { metadata });
  return {
    gateway,
    provider,
    url,
    routes,
    async close() {
      await gateway.close();
      await provider.stop();
    },
  };
}

function groupsOf(provider: CapturingProvider, lane: string): [string, Deployment[]][] {
  const deployment = (kind: ProviderKind, id: string, isBusy: boolean) =>
    anthropicDeployment({
      id: `${lane}/${kind}/${id}`,
      modelName: id,
      upstreamModel: UPSTREAM_MODELS[kind],
      baseUrl: provider.urlOf(lane, kind, isBusy),
      access: accessTo(kind),
    });
  return PROVIDER_KINDS.flatMap((kind, index) => {
    // The one before is of another kind, so that the body of the first attempt cannot be used again.
    const before = PROVIDER_KINDS[(index + 1) % PROVIDER_KINDS.length] as ProviderKind;
    const first = modelOf(lane, kind, "first attempt");
    const failover = modelOf(lane, kind, "failover");
    return [
      [first, [deployment(kind, first, false)]],
      [failover, [deployment(before, `${failover}-0`, true), deployment(kind, failover, false)]],
    ];
  });
}

function accessTo(kind: ProviderKind): Deployment["access"] {
  const apiKey = new Secret(CREDENTIAL);
  if (kind === "anthropic") return { provider: "anthropic", apiKey };
  return {
    provider: "bedrock",
    region: "us-east-1",
    credentials: { apiKey },
    api: kind === "bedrock-invoke" ? "invoke" : "messages",
  };
}

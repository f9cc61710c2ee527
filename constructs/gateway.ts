import { Construct } from "constructs";
import { readPromptFiles } from "./config/prompt-files";
import type { Database } from "./database";
import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";
import {
  credentialNames,
  type EnforcementRules,
  type GuardrailRules,
  type Model,
  type Provider,
  renderGatewayConfig,
} from "./gateway-config";
import { type GatewaySettings, gatewaySettings } from "./gateway-settings";
import { Secret } from "./secret";
import { Service, type ServiceParts, type ServiceProps } from "./service";
import { GATEWAY } from "./services/gateway";

/** Terraform variables of the previous master key and of the instant at which it ends. `sluice rotate` fills them; nobody generates them. */
export const PREVIOUS_MASTER_KEY = {
  key: "gateway_master_key_previous",
  validUntil: "gateway_master_key_previous_valid_until",
} as const;

/** Props of `Gateway`. */
export interface GatewayProps extends ServiceProps {
  readonly database: Database;
  readonly models: readonly Model[];
  /** Provider by the name that models refer to. */
  readonly providers: Readonly<Record<string, Provider>>;
  /** @default - the level `standard` for every key that names none */
  readonly enforcement?: EnforcementRules;
  /** @default - requests are not screened unless their key asks for it */
  readonly guardrails?: GuardrailRules;
  /** How long audit rows are kept, such as `365d`. @default - for ever */
  readonly auditRetention?: string;
  /** @default - the gateway's own defaults */
  readonly settings?: GatewaySettings;
}

/**
 * The AI gateway: LiteLLM's wire on port 4000, also under the name `litellm`, which guides and clients use.
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * const gateway = new Gateway(stack, "gateway", {
 *   networks: [{ network: networks.edge, aliases: ["gateway", "litellm"] }],
 *   hostPort: 4000,
 *   database: externalDatabase(stack, "postgres://gateway@db.example:5432/gateway", "GATEWAY_DATABASE_PASSWORD"),
 *   providers: { anthropic: { kind: "anthropic", apiKeyEnv: "ANTHROPIC_API_KEY", baseUrl: "https://api.anthropic.com" } },
 *   models: DEFAULT_MODELS,
 *   auditRetention: "90d",
 * });
 */
export class Gateway extends Service {
  /** What it takes as a caller of the role provisioner. */
  readonly provisionerToken: Secret;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id, GATEWAY, props, (self) => gatewayParts(self, props));
    if (this.files !== undefined) props.database.changeAfter?.(this.files.delivered);
    this.provisionerToken = this.secret("PROVISIONER_TOKEN");
  }
}

function gatewayParts(self: Construct, props: GatewayProps): ServiceParts {
  const {
    database,
    models,
    providers,
    enforcement = { default: "standard", minimum: {}, levels: [] },
    guardrails = { default: "off", patterns: ["default"] },
    auditRetention,
    settings = {},
  } = props;
  // Their ids are names that an operator chose: a scope of their own keeps them from other constructs'.
  const scopeOfCredentials = new Construct(self, "credentials");
  const credentials = credentialNames(providers).map((name) => [
    name,
    Secret.fromEnvironment(scopeOfCredentials, name),
  ]);
  const prompts = Object.entries(readPromptFiles(enforcement)).map(([file, text]) => [
    `prompts/${file}`,
    text,
  ]);
  return {
    files: {
      "config.yaml": renderGatewayConfig({ models, providers, enforcement, guardrails }),
      ...Object.fromEntries(prompts),
    },
    secrets: {
      LITELLM_MASTER_KEY_PREVIOUS: Secret.optional(
        self,
        PREVIOUS_MASTER_KEY.key,
        "The gateway's master key before its rotation.",
      ),
      LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: Secret.optional(
        self,
        PREVIOUS_MASTER_KEY.validUntil,
        "Instant at which the previous master key ends.",
      ),
      DATABASE_PASSWORD: database.password,
      ...Object.fromEntries(credentials),
    },
    env: {
      CONFIG_FILE: `${CURRENT_FILES}/config.yaml`,
      PROMPTS_DIRECTORY: `${CURRENT_FILES}/prompts`,
      SECRETS_DIRECTORY,
      DATABASE_URL: database.url,
      ...(auditRetention === undefined ? {} : { AUDIT_RETENTION: auditRetention }),
      JOURNAL_DIRECTORY: GATEWAY.volumes.journal,
      ...gatewaySettings(settings),
    },
    dependsOn: database.ready === undefined ? [] : [database.ready],
  };
}

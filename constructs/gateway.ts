import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { readPromptFiles } from "./config/prompt-files";
import type { PlatformConfig } from "./config/schema";
import type { ContainerImage } from "./container-image";
import { ContainerService, type NetworkAttachment } from "./container-service";
import { DataVolume } from "./data-volume";
import { DeliveredFiles } from "./delivered-files";
import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";
import { credentialNames, type GatewayConfigSource, renderGatewayConfig } from "./gateway-config";
import { gatewaySettings } from "./gateway-settings";
import { httpHealthCheck } from "./health-check";
import type { Database } from "./postgres";
import { Secret } from "./secret";

/** Props of `Gateway`. */
export interface GatewayProps {
  readonly image: ContainerImage;
  /** Networks whose members may call the gateway, and through which it reaches the providers. */
  readonly clientNetworks: readonly NetworkAttachment[];
  /** Network of the database. */
  readonly dataNetwork: Network;
  readonly database: Database;
  readonly masterKey: Secret;
  /** Models, providers, working rules, retention and what depends on where the gateway runs. */
  readonly config: GatewayConfigSource & Pick<PlatformConfig, "retention" | "gateway">;
  /** Port on this host. */
  readonly hostPort: number;
  readonly memoryMegabytes: number;
  /** @default - no limit */
  readonly cpus?: number;
}

/** In the image this directory belongs to the gateway's user. */
const JOURNAL_DIRECTORY = "/var/lib/gateway/journal";

/** The AI gateway: LiteLLM's wire on port 4000, also under the name `litellm`, which guides and clients use. */
export class Gateway extends Construct {
  /** TCP port on its networks. */
  static readonly PORT = 4000;
  /** URL for other containers. */
  readonly url = `http://litellm:${Gateway.PORT}`;
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const {
      image,
      clientNetworks,
      dataNetwork,
      database,
      masterKey,
      config,
      hostPort,
      memoryMegabytes,
      cpus,
    } = props;
    // Their ids are names that an operator chose: a scope of their own keeps them from other constructs'.
    const scopeOfCredentials = new Construct(this, "credentials");
    const credentials = credentialNames(config.providers).map((name) => [
      name,
      Secret.fromEnvironment(scopeOfCredentials, name),
    ]);
    const prompts = Object.entries(readPromptFiles(config.enforcement)).map(([file, text]) => [
      `prompts/${file}`,
      text,
    ]);
    const previous = Secret.previousMasterKey(this);
    const files = new DeliveredFiles(this, "files", {
      service: "gateway",
      image,
      reader: "node",
      files: { "config.yaml": renderGatewayConfig(config), ...Object.fromEntries(prompts) },
      secrets: {
        LITELLM_MASTER_KEY: masterKey,
        LITELLM_MASTER_KEY_PREVIOUS: previous.key,
        LITELLM_MASTER_KEY_PREVIOUS_VALID_UNTIL: previous.validUntil,
        DATABASE_PASSWORD: database.password,
        ...Object.fromEntries(credentials),
      },
    });

    database.changeAfter(files.delivered);

    this.ready = new ContainerService(this, "server", {
      name: "gateway",
      image,
      networks: [
        ...clientNetworks.map((attachment) => ({ ...attachment, aliases: ["gateway", "litellm"] })),
        { network: dataNetwork },
      ],
      memoryMegabytes,
      cpus,
      lifetime: { service: httpHealthCheck(`http://127.0.0.1:${Gateway.PORT}/health/readiness`) },
      ports: { [hostPort]: Gateway.PORT },
      env: {
        CONFIG_FILE: `${CURRENT_FILES}/config.yaml`,
        PROMPTS_DIRECTORY: `${CURRENT_FILES}/prompts`,
        SECRETS_DIRECTORY,
        DATABASE_URL: database.url,
        AUDIT_RETENTION: config.retention.audit,
        JOURNAL_DIRECTORY,
        ...gatewaySettings(config.gateway),
      },
      // Audit rows wait here while Postgres is away, also for the container's successor.
      volumes: { [JOURNAL_DIRECTORY]: new DataVolume(this, "journal") },
      // It takes over what changes there while it runs: prices, providers, rules, keys and passwords.
      files: { from: files, onChange: "follow" },
      // LAME_DUCK_SECONDS (5), STOP_GRACE_SECONDS (30), in which open streams may end, and time to flush the audit and close (10).
      stopGraceSeconds: 50,
      dependsOn: [database.ready],
    }).container;
  }
}

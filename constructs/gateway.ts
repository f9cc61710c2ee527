import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { readPromptFiles } from "./config/prompt-files";
import type { EnforcementConfig, PlatformConfig } from "./config/schema";
import type { ContainerImage } from "./container-image";
import { ContainerService, type NetworkAttachment } from "./container-service";
import { DataVolume } from "./data-volume";
import { credentialNames, type GatewayConfigSource, renderGatewayConfig } from "./gateway-config";
import { gatewaySettings } from "./gateway-settings";
import { httpHealthCheck } from "./health-check";
import { literalText } from "./literal-text";
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
    const credentials = credentialNames(config.providers).map((name) => [
      name,
      Secret.fromEnvironment(this, name).expose(),
    ]);

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
        LITELLM_MASTER_KEY: masterKey.expose(),
        DATABASE_URL: database.url,
        AUDIT_RETENTION: config.retention.audit,
        JOURNAL_DIRECTORY,
        ...gatewaySettings(config.gateway),
        ...Object.fromEntries(credentials),
      },
      // Audit rows wait here while Postgres is away, also for the container's successor.
      volumes: { [JOURNAL_DIRECTORY]: new DataVolume(this, "journal") },
      files: { "/app/config.yaml": renderGatewayConfig(config), ...promptUploads(config.enforcement) },
      // LAME_DUCK_SECONDS (5), STOP_GRACE_SECONDS (30), in which open streams may end, and time to flush the audit and close (10).
      stopGraceSeconds: 50,
      dependsOn: [database.ready],
    }).container;
  }
}

/** The rules as they are in `prompts/`; in the container an edit of such a file takes effect at once. */
function promptUploads(enforcement: EnforcementConfig): Record<string, string> {
  return Object.fromEntries(
    Object.entries(readPromptFiles(enforcement)).map(([file, text]) => [
      `/app/prompts/${file}`,
      literalText(text),
    ]),
  );
}

import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import type { Database } from "./database";
import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";
import { HostFact } from "./host-fact";
import { type KeyPolicy, renderKeyProvisionerConfig } from "./key-provisioner-config";
import { Secret } from "./secret";
import { Service, type ServiceProps } from "./service";
import { KEY_PROVISIONER } from "./services/key-provisioner";

/** Terraform variable of the encryption key before its rotation. `sluice rotate` fills it; nobody generates it. */
export const PREVIOUS_ENCRYPTION_KEY = "key_encryption_key_previous";

/** Delivered files with the access host's certificate and its key. A key is many lines, so no secret of the environment. */
const CERTIFICATE = "access.crt";
const CERTIFICATE_KEY = "access.key";

/** Props of `KeyProvisioner`. */
export interface KeyProvisionerProps extends ServiceProps {
  /** Where the keys are made, such as a `Gateway`, and the token that it takes as one of the role provisioner. */
  readonly gateway: {
    readonly url: string;
    readonly ready?: ITerraformDependable;
    readonly provisionerToken: Secret;
  };
  /** For the keys that are handed out again, encrypted, and the record of all that was done. */
  readonly database: Database;
  readonly policy: KeyPolicy;
  /** What proves workspaces and users. @default - nobody does: only administrators get keys */
  readonly coder?: {
    readonly url: string;
    /** Names of the templates whose workspaces get keys. @default - `ai-workspace` */
    readonly templates?: readonly string[];
    /** Key of the access host's certificate: `/secure-context` tests with it what browsers say to Coder's. @default - plain HTTP only */
    readonly certificateKey?: Secret;
  };
  /** How long the record is kept, such as `365d`. @default - for ever */
  readonly auditRetention?: string;
}

/**
 * Hands out keys of the gateway on port 8100: to workspaces and users that Coder proves, and to administrators. It never has the master key.
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * const { scopes, models, enforcement } = parsePlatform("apiVersion: sluice/v1");
 * new KeyProvisioner(stack, "key-provisioner", {
 *   networks: [{ network: networks.edge }],
 *   gateway: {
 *     url: "https://gateway.example",
 *     provisionerToken: Secret.fromEnvironment(stack, "GATEWAY_PROVISIONER_TOKEN"),
 *   },
 *   database: externalDatabase(stack, "postgres://keys@db.example:5432/keys", "KEYS_DATABASE_PASSWORD"),
 *   policy: { scopes, models, enforcement },
 * });
 */
export class KeyProvisioner extends Service {
  constructor(scope: Construct, id: string, props: KeyProvisionerProps) {
    const { gateway, database, policy, coder, auditRetention } = props;
    const certificateKey = coder?.certificateKey;
    super(scope, id, KEY_PROVISIONER, props, (self) => ({
      files: { "key-provisioner.json": renderKeyProvisionerConfig(policy) },
      hostFacts:
        certificateKey === undefined ? undefined : { [CERTIFICATE]: HostFact.of(self, "access_certificate") },
      secrets: {
        ...(certificateKey === undefined ? {} : { [CERTIFICATE_KEY]: certificateKey }),
        GATEWAY_PROVISIONER_TOKEN: gateway.provisionerToken,
        KEY_ENCRYPTION_KEY_PREVIOUS: Secret.optional(
          self,
          PREVIOUS_ENCRYPTION_KEY,
          "What stored keys were encrypted with before its rotation.",
        ),
        DATABASE_PASSWORD: database.password,
      },
      env: {
        CONFIG_FILE: `${CURRENT_FILES}/key-provisioner.json`,
        SECRETS_DIRECTORY,
        DATABASE_URL: database.url,
        GATEWAY_URL: gateway.url,
        ...(coder === undefined ? {} : { CODER_URL: coder.url }),
        ...(coder?.templates === undefined ? {} : { CODER_TEMPLATES: coder.templates.join(",") }),
        ...(certificateKey === undefined
          ? {}
          : {
              TLS_CERT_FILE: `${CURRENT_FILES}/${CERTIFICATE}`,
              TLS_KEY_FILE: `${SECRETS_DIRECTORY}/${CERTIFICATE_KEY}`,
            }),
        ...(auditRetention === undefined ? {} : { AUDIT_RETENTION: auditRetention }),
      },
      dependsOn: [gateway.ready, database.ready].filter((one) => one !== undefined),
    }));
    if (this.files !== undefined) database.changeAfter?.(this.files.delivered);
  }
}

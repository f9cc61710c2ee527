import type { Construct } from "constructs";
import { CODER_FILES, WORK_FOLDER } from "./coder-start";
import type { Database } from "./database";
import { CURRENT_FILES, SECRETS_DIRECTORY } from "./files-directory";
import { allowHostPaths } from "./host-access";
import { HostFact } from "./host-fact";
import { Secret } from "./secret";
import { Service, type ServiceParts, type ServiceProps } from "./service";
import { CODER } from "./services/coder";

/** Terraform variable with the private key of the access host's certificate. `sluice certs` makes it. */
export const ACCESS_KEY = "access_certificate_key";

/** Where Coder expects the engine's socket, and a mirror of Terraform's providers is mounted. */
const SOCKET = "/var/run/docker.sock";
const MIRROR = "/opt/terraform-providers";

/** Ten years and their leap days: the longest that a token may live, and so that of a bot. An owner's live a week at most. */
const LONGEST_TOKEN = `${24 * 3653}h`;

/** Props of `Coder`. */
export interface CoderProps extends ServiceProps {
  readonly database: Database;
  /** Host in the URL that people open: a name, or an IPv4 address. */
  readonly accessHost: string;
  /** Names of which each app of a workspace has one, such as `*.coder.example`. @default - apps are paths of the access host */
  readonly wildcardHost?: string;
  /** Folder of the engine's machine with the Terraform providers of templates. @default - they come from the registry */
  readonly providerMirror?: string;
}

/**
 * The Coder server: https for people on port 7443, http for agents and commands on port 7080. It has the engine's socket, with which it
 * makes workspaces: whoever may write templates is root on the engine's machine (docs/security.md).
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * new Coder(stack, "coder", {
 *   networks: [{ network: networks.edge, aliases: ["coder"] }],
 *   hostPort: 7080,
 *   tlsHostPort: 7443,
 *   accessHost: "coder.example.org",
 *   database: externalDatabase(stack, "postgres://coder@db.example:5432/coder", "CODER_DATABASE_PASSWORD"),
 * });
 */
export class Coder extends Service {
  /** Private key of the certificate that people see, for others who show them the same. */
  readonly certificateKey: Secret;

  constructor(scope: Construct, id: string, props: CoderProps) {
    super(scope, id, CODER, props, (self) => coderParts(self, props));
    if (this.files !== undefined) props.database.changeAfter?.(this.files.delivered);
    const key = Secret.below(this).find(({ name }) => name === ACCESS_KEY);
    if (key === undefined) throw new Error(`Coder has no secret ${ACCESS_KEY}`);
    this.certificateKey = key;
  }
}

function coderParts(self: Construct, props: CoderProps): ServiceParts {
  const { database, accessHost, tlsHostPort = CODER.tlsPort.host, wildcardHost, providerMirror } = props;
  const socket = HostFact.of(self, "docker_socket").value;
  allowHostPaths(self, {
    [socket]: "workspaces are containers of the engine, which Coder makes",
    ...(providerMirror === undefined
      ? {}
      : { [providerMirror]: "providers are too many to be delivered as files" }),
  });
  return {
    files: { [CODER_FILES.terraform]: terraformSettings(providerMirror) },
    hostFacts: {
      [CODER_FILES.authority]: HostFact.of(self, "ca_certificate"),
      [CODER_FILES.certificate]: HostFact.of(self, "access_certificate"),
    },
    secrets: {
      [CODER_FILES.key]: Secret.ofHost(self, ACCESS_KEY, "Private key of the access host's certificate."),
      [CODER_FILES.databasePassword]: database.password,
    },
    env: {
      CODER_ACCESS_URL: `https://${accessHost}:${tlsHostPort}`,
      CODER_HTTP_ADDRESS: `0.0.0.0:${CODER.port.container}`,
      CODER_TLS_ENABLE: "true",
      CODER_TLS_ADDRESS: `0.0.0.0:${tlsHostPort}`,
      CODER_TLS_CERT_FILE: `${CURRENT_FILES}/${CODER_FILES.certificate}`,
      CODER_TLS_KEY_FILE: `${SECRETS_DIRECTORY}/${CODER_FILES.key}`,
      CODER_TLS_MIN_VERSION: "tls12",
      // Agents and commands use http.
      CODER_REDIRECT_TO_ACCESS_URL: "false",
      CODER_SECURE_AUTH_COOKIE: "true",
      ...(wildcardHost === undefined
        ? {}
        : { CODER_WILDCARD_ACCESS_URL: wildcardHost, CODER_DISABLE_PATH_APPS: "true" }),
      CODER_PG_CONNECTION_URL: connectionUrl(database),
      CODER_PG_CONN_MAX_OPEN: "10",
      CODER_MAX_TOKEN_LIFETIME: LONGEST_TOKEN,
      CODER_MAX_ADMIN_TOKEN_LIFETIME: "168h",
      CODER_DISABLE_OWNER_WORKSPACE_ACCESS: "true",
      // Nothing calls home. CODER_EXTERNAL_AUTH_GITHUB_DEFAULT_PROVIDER_ENABLE is left alone: 2.30 does not start with it.
      CODER_TELEMETRY_ENABLE: "false",
      CODER_UPDATE_CHECK: "false",
      CODER_DERP_SERVER_STUN_ADDRESSES: "disable",
      CODER_OAUTH2_GITHUB_DEFAULT_PROVIDER_ENABLE: "false",
      CODER_HIDE_AI_TASKS: "true",
      CODER_AI_GATEWAY_ENABLED: "false",
      CODER_CACHE_DIRECTORY: `${CODER.caches.home}/.cache/coder`,
      TMPDIR: WORK_FOLDER,
      TF_CLI_CONFIG_FILE: `${CURRENT_FILES}/${CODER_FILES.terraform}`,
    },
    hostPaths: {
      [SOCKET]: { path: socket, readOnly: false },
      ...(providerMirror === undefined ? {} : { [MIRROR]: { path: providerMirror, readOnly: true } }),
    },
    groups: [HostFact.of(self, "docker_socket_group").value],
    // It asks itself at its access URL, also where that leads to an address that only the host has.
    ...(isName(accessHost) ? { hosts: { [accessHost]: "127.0.0.1" } } : {}),
    dependsOn: database.ready === undefined ? [] : [database.ready],
  };
}

/** `localhost` leads there in every container. */
function isName(host: string): boolean {
  return host !== "localhost" && !/^[\d.]+$/.test(host);
}

/** Its driver asks for TLS unless it is told not to; our own Postgres, on a network without a way in, has none. */
function connectionUrl({ url, ready }: Database): string {
  return ready === undefined ? url : `${url}?sslmode=disable`;
}

/** Terraform's own settings: no update check, and with a mirror nothing from anywhere else. */
function terraformSettings(providerMirror: string | undefined): string {
  const installation = `provider_installation {\n  filesystem_mirror {\n    path = "${MIRROR}"\n  }\n}\n`;
  return `disable_checkpoint = true\n${providerMirror === undefined ? "" : installation}`;
}

import { PROMPTS_FOLDER } from "../../constructs/config/prompt-files";
import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";
import { gatewaySettings } from "../../constructs/gateway-settings";
import { Child } from "./child-process";
import { SIMULATED_KEY_ENV } from "./gateway-config";
import type { LocalSecrets } from "./local-secrets";
import { type ServiceProps, serviceChild } from "./service";
import type { Part } from "./supervisor";

/** How long the gateway lets open answers end, in seconds. A person is waiting at the keyboard. */
const STOP_GRACE_SECONDS = 5;

/** What the services of the local platform are told. */
export interface LocalServicesProps {
  readonly config: PlatformConfig;
  readonly gatewayPort: number;
  readonly gatewayUrl: string;
  readonly gatewayConfigFile: string;
  readonly gatewayDatabaseUrl: string;
  readonly gatewayJournal: string;
  readonly secrets: Omit<LocalSecrets, "superuserPassword" | "gatewayPassword" | "keyProvisionerPassword">;
  readonly keyProvisionerPort: number;
  readonly keyProvisionerConfigFile: string;
  readonly keyProvisionerDatabaseUrl: string;
  /** @default - real providers are used, and none is simulated */
  readonly simulatedPort: number | undefined;
  readonly logs: string;
}

/** Our services as local processes, each after those that it uses. */
export function localServices(props: LocalServicesProps): Part[] {
  const part = (service: Omit<ServiceProps, "logs">): Part => ({
    name: service.name,
    launch: () => new Child(serviceChild({ ...service, logs: props.logs })),
  });
  return [
    ...(props.simulatedPort === undefined
      ? []
      : [part({ name: "simulated-provider", port: props.simulatedPort, env: {} })]),
    part({
      name: "key-provisioner",
      port: props.keyProvisionerPort,
      env: {
        GATEWAY_URL: props.gatewayUrl,
        CONFIG_FILE: props.keyProvisionerConfigFile,
        DATABASE_URL: props.keyProvisionerDatabaseUrl,
        KEY_PROVISIONER_ADMIN_TOKEN: props.secrets.adminToken,
        GATEWAY_PROVISIONER_TOKEN: props.secrets.provisionerToken,
        KEY_ENCRYPTION_KEY: props.secrets.encryptionKey,
      },
      // It starts before the gateway, without which it does not call itself healthy.
      readyPath: "/health/live",
    }),
    part({
      name: "gateway",
      port: props.gatewayPort,
      env: {
        ...credentials(props),
        LITELLM_MASTER_KEY: props.secrets.masterKey,
        PROVISIONER_TOKEN: props.secrets.provisionerToken,
        DATABASE_URL: props.gatewayDatabaseUrl,
        CONFIG_FILE: props.gatewayConfigFile,
        JOURNAL_DIRECTORY: props.gatewayJournal,
        PROMPTS_DIRECTORY: PROMPTS_FOLDER,
        ...gatewaySettings(props.config.gateway),
        LAME_DUCK_SECONDS: "0",
        STOP_GRACE_SECONDS: String(STOP_GRACE_SECONDS),
      },
      readyPath: "/health/readiness",
    }),
  ];
}

function credentials({ config, simulatedPort }: LocalServicesProps): NodeJS.ProcessEnv {
  if (simulatedPort !== undefined) return { [SIMULATED_KEY_ENV]: "simulated" };
  return Object.fromEntries(credentialNames(config.providers).map((name) => [name, process.env[name]]));
}

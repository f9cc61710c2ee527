import type { ContainerServiceProps } from "./container-service";
import type { NetworkName } from "./engine-names";
import type { HealthCheck } from "./health-check";

/** How a secret's value is made. `key` is a gateway key (`sk-…`), `password` is safe inside a URL. */
export type SecretKind = "password" | "key";

/** A secret that `sluice init` generates. */
export interface SecretDefinition {
  readonly kind: SecretKind;
  /** Shown by Terraform when the value is missing. */
  readonly description: string;
  /** Environment variable that the service reads it as, and so the name of the delivered file. */
  readonly variable: string;
}

/** Where the image of a service comes from: a registry, a `Dockerfile` in `services/<name>`, or the shared base image as it is. */
export type ImageSource =
  /** Default of `images.<service>`: an exact tag or a digest. */
  { readonly reference: string } | { readonly builtFrom: `services/${string}` } | { readonly base: "node" };

/** A URL that `sluice outputs` shows. */
export interface OutputDefinition {
  readonly description: string;
  /** From where the URL is usable: the host and whoever reaches it, or containers on the service's networks. */
  readonly from: "host" | "networks";
}

/** Settings of the container that are the same on every platform. */
type ContainerSettings = Pick<
  ContainerServiceProps,
  | "entrypoint"
  | "command"
  | "user"
  | "env"
  | "init"
  | "tmpfs"
  | "capabilities"
  | "stopGraceSeconds"
  | "stopSignal"
  | "startTimeoutSeconds"
>;

/**
 * All that is known about a service before a platform is: the settings of platform.yaml (`images`, `ports`, `resources`), the
 * secrets that `sluice init` makes, the outputs and the reference in the documentation are derived from it. Plain data, so that
 * commands can read it without loading CDKTF.
 */
export interface ServiceDefinition {
  /** Name of the container without the platform's prefix; also of its construct. */
  readonly name: string;
  /** What people call it, as the end of a sentence, such as `AI gateway`. */
  readonly title: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly image: ImageSource;
  /** Default of `resources.<service>.memoryMegabytes`. */
  readonly memoryMegabytes: number;
  /** Network → the names under which it answers there. `host`: it has the host's own network. */
  readonly networks: Readonly<Partial<Record<NetworkName, readonly string[]>>> | "host";
  /** Its place among the addresses of the workspaces network, from 2 on. Required for services on that network, and never changed. */
  readonly workspacesAddress?: number;
  readonly health: HealthCheck;
  /** TCP port in the container, and the default of `ports.<service>`, its port on the host. @default - it listens to nobody, or is not published */
  readonly port?: { readonly container: number; readonly host: number };
  /** Name in URLs that other containers use. @default - the service's name */
  readonly hostName?: string;
  /** Output → what it is. @default - none */
  readonly outputs?: Readonly<Record<string, OutputDefinition>>;
  /** Secret, also its Terraform variable → how it is made. @default - none */
  readonly secrets?: Readonly<Record<string, SecretDefinition>>;
  /** Its database: the most connections that the role needs at a time. @default - none */
  readonly database?: { readonly name: string; readonly connections: number };
  /** Data volume → path. @default - none */
  readonly volumes?: Readonly<Record<string, string>>;
  /** User of the image that reads its delivered files, and how a change is applied. @default - nothing is delivered */
  readonly files?: { readonly reader: string; readonly onChange: "follow" | "replace" };
  /** @default - the image's, and the baseline */
  readonly container?: ContainerSettings;
}

/** Name of a service in platform.yaml: `key-provisioner` → `keyProvisioner`. */
export function settingName({ name }: Pick<ServiceDefinition, "name">): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** What a section of platform.yaml, such as `ports`, says about a service. @throws Error when the service has no such setting */
export function settingOf<T>(section: Readonly<Record<string, T>>, service: ServiceDefinition): T {
  const value = section[settingName(service)];
  if (value === undefined) throw new Error(`${service.name} has no setting in this section`);
  return value;
}

/** Name of its constant: `key-provisioner` → `KEY_PROVISIONER`. */
export function constantName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** URL of a service for other containers. @throws Error when it listens to nobody */
export function internalUrl({ name, hostName = name, port }: ServiceDefinition): string {
  if (port === undefined) throw new Error(`${name} has no port`);
  return `http://${hostName}:${port.container}`;
}

/** Name of the generated secret with the password of a database's role. */
export function databaseSecret(database: string): string {
  return `${database}_database_password`;
}

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
  /** Environment variable that the service reads it as, and so the name of the delivered file. @default - not delivered: commands alone use it */
  readonly variable?: string;
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

/** A TCP port. */
export interface PortDefinition {
  readonly container: number;
  /** Default of its setting: the port on the host. */
  readonly host: number;
  /** Its setting under `ports`. @default - the service's name there */
  readonly setting?: string;
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
  /** TCP port that other containers use. @default - it listens to nobody, or is not published */
  readonly port?: PortDefinition;
  /** Port for people, with TLS: its outputs are `https` URLs of it. It has the same number in the container, so that the URL holds there as well. @default - none */
  readonly tlsPort?: Omit<PortDefinition, "container">;
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
  /** Volume → path, for what it can make or fetch again. @default - none */
  readonly caches?: Readonly<Record<string, string>>;
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

/** A port that can be published. */
export interface HostPort {
  /** Its setting under `ports`. */
  readonly setting: string;
  /** The setting's default. */
  readonly host: number;
  /** Port in the container; undefined where it has the number that it has on the host. */
  readonly container: number | undefined;
  readonly isTls: boolean;
}

/** The ports of a service that can be published, the one for other containers first. */
export function hostPorts(service: Pick<ServiceDefinition, "name" | "port" | "tlsPort">): HostPort[] {
  const { port, tlsPort } = service;
  const of = (definition: Omit<PortDefinition, "container">, container?: number): HostPort => ({
    setting: definition.setting ?? settingName(service),
    host: definition.host,
    container,
    isTls: container === undefined,
  });
  return [
    ...(port === undefined ? [] : [of(port, port.container)]),
    ...(tlsPort === undefined ? [] : [of(tlsPort)]),
  ];
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

import { Container, type ContainerConfig } from "@cdktf/provider-docker/lib/container";
import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { type ContainerDefaults, containerDefaults } from "./container-defaults";
import type { ContainerImage } from "./container-image";
import { PLATFORM_LABEL } from "./engine-names";
import { FILES_DIRECTORY } from "./files-directory";
import { fingerprint } from "./fingerprint";
import { type HealthCheck, toDockerHealthCheck } from "./health-check";

/** A network, and the names under which the container answers there. */
export interface NetworkAttachment {
  readonly network: Network;
  /** @default - the container's name only */
  readonly aliases?: readonly string[];
  /** An address that stays, outside of what the engine gives to others. @default - the engine's choice */
  readonly ipv4Address?: string;
  /** What has to be there before a container of ours joins, such as the network's firewall. @default - the network alone */
  readonly joinAfter?: ITerraformDependable;
}

/** Files that are delivered to a service, see `DeliveredFiles`. */
export interface FilesMount {
  readonly from: { readonly volumeName: string; readonly delivered: TerraformResource };
  /** How a change is applied: the service reloads it while it runs, or its container is replaced. */
  readonly onChange: "follow" | "replace";
}

/** A file that is put into a container before it starts. */
export interface Upload {
  readonly file: string;
  readonly content: string;
  /** In octal, such as `0444`. */
  readonly permissions: string;
}

/** Props of `ContainerService`. Everything not named here is the hardened baseline. */
export interface ContainerServiceProps {
  /** Name without the platform's prefix. */
  readonly name: string;
  readonly image: ContainerImage;
  /** The networks it joins; `none`: not even a way to other containers; `host`: the host's own, which the construct must be allowed (`host-access.ts`). */
  readonly networks: readonly NetworkAttachment[] | "none" | "host";
  /** Hard memory limit in megabytes, without swap. */
  readonly memoryMegabytes: number;
  /** CPU limit in cores. @default - none */
  readonly cpus?: number;
  /** How a service shows that it is well; `apply` waits for it. A job that runs once has none. */
  readonly lifetime: { readonly service: HealthCheck } | { readonly runsOnce: true };
  /** @default - none. No secrets: they are delivered as files. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - the image's */
  readonly entrypoint?: readonly string[];
  /** @default - the image's */
  readonly command?: readonly string[];
  /** User and group inside the container. @default - the image's */
  readonly user?: string;
  /** Host port → container port, on the platform's publish address. @default - none */
  readonly ports?: Readonly<Record<number, number>>;
  /** Path → volume. @default - none */
  readonly volumes?: Readonly<Record<string, { readonly name: string }>>;
  /** Path → path of the host, which the construct must be allowed (`host-access.ts`). @default - none */
  readonly hostPaths?: Readonly<Record<string, { readonly path: string; readonly readOnly: boolean }>>;
  /** Further groups of the user, by number. @default - none */
  readonly groups?: readonly string[];
  /** Host name → IP address, beside what the engine resolves. @default - none */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Configuration and secrets, read-only at `/etc/sluice`. @default - none */
  readonly files?: FilesMount;
  /** Makes the root file system writable: the engine refuses uploads into a read-only one. @default - none */
  readonly uploads?: readonly Upload[];
  /** Whether the engine's init is the first process and takes in the processes that lose their parent. @default false */
  readonly init?: boolean;
  /** Path → options of an in-memory file system. @default - `/tmp` */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Capabilities kept, in the form `CAP_CHOWN`; all others are dropped. @default - none */
  readonly capabilities?: readonly `CAP_${string}`[];
  /** Time between the stop signal and the kill, in seconds. @default 10 */
  readonly stopGraceSeconds?: number;
  /** @default - the image's */
  readonly stopSignal?: string;
  /** How long `apply` waits for health, in seconds. @default 120 */
  readonly startTimeoutSeconds?: number;
  /** What has to be there first. @default - what the props refer to */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Resources whose replacement replaces the container. @default - none */
  readonly replaceWith?: readonly TerraformResource[];
}

/**
 * A container with the platform's baseline: health check and wait, stop grace, memory limit without
 * swap, log rotation, no new privileges, no capabilities, read-only root, ports on one address.
 * The only place that makes docker containers; `aspects/` checks that it stays that way.
 *
 * @example
 * const { edge } = new DockerNetworks(stack, "networks", { prefix: "team" });
 * new ContainerService(stack, "cache", {
 *   name: "cache",
 *   image: ContainerImage.pulled(stack, "image", "registry.example.org/cache:1.2.3"),
 *   networks: [{ network: edge }],
 *   memoryMegabytes: 256,
 *   lifetime: { service: { test: ["CMD", "cache", "ping"] } },
 *   volumes: { "/data": new DataVolume(stack, "data") },
 * });
 */
export class ContainerService extends Construct {
  /** To depend on: a service is healthy, a job has succeeded. */
  readonly container: Container;

  constructor(scope: Construct, id: string, props: ContainerServiceProps) {
    super(scope, id);
    this.container = new Container(this, "Resource", toDocker(props, containerDefaults(this)));
  }
}

function toDocker(props: ContainerServiceProps, defaults: ContainerDefaults): ContainerConfig {
  const {
    lifetime,
    files,
    uploads = [],
    init = false,
    tmpfs = { "/tmp": "rw,noexec,nosuid,size=64m" },
    stopGraceSeconds = 10,
  } = props;
  const attachments = typeof props.networks === "string" ? [] : props.networks;
  const dependsOn = [
    ...(props.dependsOn ?? []),
    ...(files === undefined ? [] : [files.from.delivered]),
    ...attachments.flatMap(({ joinAfter }) => joinAfter ?? []),
  ];
  const healthcheck = "service" in lifetime ? toDockerHealthCheck(lifetime.service) : undefined;
  return {
    name: `${defaults.prefix}-${props.name}`,
    image: props.image.imageId,
    entrypoint: mutable(props.entrypoint),
    command: mutable(props.command),
    user: props.user,
    env: Object.entries(props.env ?? {}).map(([name, value]) => `${name}=${value}`),
    // By id: attached by name, a replaced network cannot be deleted while its container still runs.
    networksAdvanced: attachments.map(({ network, aliases, ipv4Address }) => ({
      name: network.id,
      aliases: mutable(aliases),
      ipv4Address,
    })),
    networkMode: typeof props.networks === "string" ? props.networks : undefined,
    ports: Object.entries(props.ports ?? {}).map(([external, internal]) => ({
      internal,
      external: Number(external),
      ip: defaults.publishAddress,
    })),
    volumes: [
      ...Object.entries(props.volumes ?? {}).map(([containerPath, volume]) => ({
        volumeName: volume.name,
        containerPath,
      })),
      ...Object.entries(props.hostPaths ?? {}).map(([containerPath, { path, readOnly }]) => ({
        hostPath: path,
        containerPath,
        readOnly,
      })),
      ...(files === undefined
        ? []
        : [{ volumeName: files.from.volumeName, containerPath: FILES_DIRECTORY, readOnly: true }]),
    ],
    groupAdd: mutable(props.groups),
    host: props.hosts && Object.entries(props.hosts).map(([host, ip]) => ({ host, ip })),
    upload: [...uploads],
    readOnly: uploads.length === 0,
    tmpfs,
    init,
    healthcheck,
    // The provider reports a changed health check, tmpfs or init as done without doing it; a label replaces the container.
    labels: [
      { label: PLATFORM_LABEL, value: defaults.prefix },
      { label: "sluice.baseline", value: fingerprint({ healthcheck, tmpfs, ...(init ? { init } : {}) }) },
    ],
    memory: props.memoryMegabytes,
    // Equal to memory: no swap. Left out, every plan would show a change.
    memorySwap: props.memoryMegabytes,
    cpus: props.cpus === undefined ? undefined : dockerCpus(props.cpus),
    capabilities: { drop: ["ALL"], add: mutable(props.capabilities) },
    securityOpts: ["no-new-privileges"],
    logDriver: "json-file",
    logOpts: { "max-size": `${defaults.logMegabytes}m`, "max-file": String(defaults.logFiles) },
    destroyGraceSeconds: stopGraceSeconds,
    stopTimeout: stopGraceSeconds,
    stopSignal: props.stopSignal,
    dependsOn: dependsOn.length === 0 ? undefined : dependsOn,
    ...lifetimeOf(props),
  };
}

function lifetimeOf(props: ContainerServiceProps): Partial<ContainerConfig> {
  const { lifetime, files, replaceWith = [], startTimeoutSeconds = 120 } = props;
  // Terraform wants plain addresses here, no expressions.
  const replaceTriggeredBy = [
    ...replaceWith,
    ...(files?.onChange === "replace" ? [files.from.delivered] : []),
  ].map(({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`);
  const triggers = replaceTriggeredBy.length === 0 ? undefined : { replaceTriggeredBy };
  if ("service" in lifetime) {
    return {
      restart: "unless-stopped",
      mustRun: true,
      wait: true,
      waitTimeout: startTimeoutSeconds,
      removeVolumes: false,
      lifecycle: triggers,
    };
  }
  const condition = "${self.exit_code == 0}";
  // A failed job stays in the state as it is; without this hint every later plan fails at the same place.
  const errorMessage = `The job ${props.name} failed; its log: \${self.container_logs} Remedy: correct the cause, then deploy with: npm run deploy -- --retry ${props.name}`;
  return {
    restart: "no",
    mustRun: false,
    attach: true,
    logs: true,
    // Only anonymous volumes, which the image asks for and a job does not need.
    removeVolumes: true,
    lifecycle: { ...triggers, postcondition: [{ condition, errorMessage }] },
  };
}

/** The provider compares this text with the engine's own, which has at least one decimal and no trailing zeros. */
function dockerCpus(cpus: number): string {
  return Number.isInteger(cpus) ? `${cpus}.0` : String(cpus);
}

function mutable<T>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined ? undefined : [...list];
}

import { createHash } from "node:crypto";
import { Container, type ContainerConfig } from "@cdktf/provider-docker/lib/container";
import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { type ContainerDefaults, containerDefaults } from "./container-defaults";
import type { ContainerImage } from "./container-image";
import type { DataVolume } from "./data-volume";
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

/** Props of `ContainerService`. Everything not named here is the hardened baseline. */
export interface ContainerServiceProps {
  /** Name without the platform's prefix. */
  readonly name: string;
  readonly image: ContainerImage;
  /** The networks it joins, or `host` for the host's own, which the construct must be allowed (`host-network.ts`). */
  readonly networks: readonly NetworkAttachment[] | "host";
  /** Hard memory limit in megabytes, without swap. */
  readonly memoryMegabytes: number;
  /** CPU limit in cores. @default - none */
  readonly cpus?: number;
  /** How a service shows that it is well; `apply` waits for it. A job that runs once has none. */
  readonly lifetime: { readonly service: HealthCheck } | { readonly runsOnce: true };
  /** @default - none. Secrets belong here (or in `files`), never in `command`. */
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
  readonly volumes?: Readonly<Record<string, DataVolume>>;
  /** Path → text of a file, readable by everyone in the container. Makes the root file system writable. @default - none */
  readonly files?: Readonly<Record<string, string>>;
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
}

/**
 * A container with the platform's baseline: health check and wait, stop grace, memory limit without
 * swap, log rotation, no new privileges, no capabilities, read-only root, ports on one address.
 * The only place that makes docker containers; `aspects/` checks that it stays that way.
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
    files = {},
    tmpfs = { "/tmp": "rw,noexec,nosuid,size=64m" },
    stopGraceSeconds = 10,
  } = props;
  const attachments = props.networks === "host" ? [] : props.networks;
  const dependsOn = [...(props.dependsOn ?? []), ...attachments.flatMap(({ joinAfter }) => joinAfter ?? [])];
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
    networkMode: props.networks === "host" ? "host" : undefined,
    ports: Object.entries(props.ports ?? {}).map(([external, internal]) => ({
      internal,
      external: Number(external),
      ip: defaults.publishAddress,
    })),
    volumes: Object.entries(props.volumes ?? {}).map(([containerPath, volume]) => ({
      volumeName: volume.name,
      containerPath,
    })),
    upload: Object.entries(files).map(([file, content]) => ({ file, content, permissions: "0444" })),
    // The engine refuses to put files into a container whose root is read-only.
    readOnly: Object.keys(files).length === 0,
    tmpfs,
    init: false,
    healthcheck,
    // The provider reports a changed health check, tmpfs or init as done without doing it; a label replaces the container.
    labels: [
      { label: "sluice.platform", value: defaults.prefix },
      { label: "sluice.baseline", value: fingerprint({ healthcheck, tmpfs }) },
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
    ...("service" in lifetime ? serviceLifetime(props.startTimeoutSeconds ?? 120) : jobLifetime(props.name)),
  };
}

function serviceLifetime(waitTimeout: number): Partial<ContainerConfig> {
  return { restart: "unless-stopped", mustRun: true, wait: true, waitTimeout, removeVolumes: false };
}

function jobLifetime(name: string): Partial<ContainerConfig> {
  return {
    restart: "no",
    mustRun: false,
    attach: true,
    logs: true,
    // Only anonymous volumes, which the image asks for and a job does not need.
    removeVolumes: true,
    lifecycle: {
      postcondition: [
        {
          condition: "${self.exit_code == 0}",
          // A failed job stays in the state as it is; without this hint every later plan fails at the same place.
          errorMessage: `The job ${name} failed; its log: \${self.container_logs} Remedy: correct the cause, then deploy with: npm run deploy -- --retry ${name}`,
        },
      ],
    },
  };
}

/** The provider compares this text with the engine's own, which has at least one decimal and no trailing zeros. */
function dockerCpus(cpus: number): string {
  return Number.isInteger(cpus) ? `${cpus}.0` : String(cpus);
}

function mutable<T>(list: readonly T[] | undefined): T[] | undefined {
  return list === undefined ? undefined : [...list];
}

function fingerprint(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 12);
}

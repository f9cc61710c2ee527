import type { ITerraformDependable, TerraformResource } from "cdktf";
import { Construct } from "constructs";
import { CacheVolume } from "./cache-volume";
import type { ContainerImage } from "./container-image";
import { ContainerService, type ContainerServiceProps, type NetworkAttachment } from "./container-service";
import { DataVolume } from "./data-volume";
import { DeliveredFiles, type FileContents } from "./delivered-files";
import { Secret } from "./secret";
import { internalUrl, type ServiceDefinition } from "./service-definition";
import { serviceImage } from "./service-image";

/** What a container may use. */
export interface ContainerResources {
  /** Hard memory limit in megabytes, without swap. @default - as the service is defined */
  readonly memoryMegabytes?: number;
  /** CPU limit in cores. @default - none */
  readonly cpus?: number;
}

/** What every service takes. All else that is the same on every platform stands in its definition. */
export interface ServiceProps {
  /** The networks it joins, each with the names that it answers to. */
  readonly networks: readonly NetworkAttachment[];
  /** @default - as the service is defined */
  readonly resources?: ContainerResources;
  /** Port on this host. @default - not published */
  readonly hostPort?: number;
  /** Port on this host, and in the container, of a service that speaks TLS to people. @default - not published */
  readonly tlsHostPort?: number;
  /** @default - as the service is defined, or as `images` of the container defaults says */
  readonly image?: ContainerImage;
  /** What has to be there first. @default - what the other props refer to */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/** What a construct adds to the definition of its service, from its own props. */
export interface ServiceParts
  extends FileContents,
    Pick<ContainerServiceProps, "hostPaths" | "groups" | "hosts"> {
  /** No secrets: they are delivered as files. @default - none */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A service as its definition says: container, data volumes, secrets and delivered files. One that needs nothing else is made with
 * this construct; one with something to offer to others, or with a configuration of its own, extends it.
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * new Service(stack, "key-provisioner", KEY_PROVISIONER, {
 *   networks: [{ network: networks.edge, aliases: ["key-provisioner"] }],
 *   hostPort: 8100,
 * });
 */
export class Service extends Construct {
  /** To depend on: the service is healthy. */
  readonly ready: TerraformResource;
  /** What is delivered to it, where it is defined to take files. */
  protected readonly files: DeliveredFiles | undefined;
  /** Its own generated secrets, by the variable that it reads them as. */
  protected readonly secrets: Readonly<Record<string, Secret>>;

  /** @param makeParts makes what the definition does not know, below the construct */
  constructor(
    scope: Construct,
    id: string,
    private readonly definition: ServiceDefinition,
    props: ServiceProps,
    makeParts: (self: Construct) => ServiceParts = () => ({}),
  ) {
    super(scope, id);
    const { name, files: delivery, volumes = {}, caches = {}, memoryMegabytes, container } = definition;
    const { networks, resources = {}, image = serviceImage(this, definition) } = props;
    const { env, hostPaths, groups, hosts, ...parts } = makeParts(this);
    this.secrets = Object.fromEntries(
      Object.entries(definition.secrets ?? {}).flatMap(([secret, { variable }]) =>
        variable === undefined ? [] : [[variable, Secret.generated(this, secret)]],
      ),
    );
    this.files =
      delivery &&
      new DeliveredFiles(this, "files", {
        service: name,
        image,
        reader: delivery.reader,
        contents: { ...parts, secrets: { ...this.secrets, ...parts.secrets } },
      });
    const { files, hostFacts, secrets } = parts;
    if (this.files === undefined && (files ?? hostFacts ?? secrets ?? definition.secrets) !== undefined) {
      throw new Error(`${name} has files or secrets; say in its definition who reads them`);
    }
    this.ready = new ContainerService(this, "server", {
      ...container,
      name,
      image,
      networks: definition.networks === "host" ? "host" : networks,
      memoryMegabytes: resources.memoryMegabytes ?? memoryMegabytes,
      cpus: resources.cpus,
      lifetime: { service: definition.health },
      ports: publishedPorts(definition, props),
      env: { ...container?.env, ...env },
      volumes: Object.fromEntries([
        ...Object.entries(volumes).map(([volume, path]) => [path, new DataVolume(this, volume)]),
        ...Object.entries(caches).map(([volume, path]) => [path, new CacheVolume(this, volume)]),
      ]),
      hostPaths,
      groups,
      hosts,
      files: this.files && delivery && { from: this.files, onChange: delivery.onChange },
      dependsOn: [...(parts.dependsOn ?? []), ...(props.dependsOn ?? [])],
    }).container;
  }

  /** Its own generated secret that it reads as this variable, for others who need it. @throws Error when it has none */
  protected secret(variable: string): Secret {
    const secret = this.secrets[variable];
    if (secret === undefined) throw new Error(`${this.definition.name} has no secret ${variable}`);
    return secret;
  }

  /** URL for other containers. @throws Error when it listens to nobody */
  get url(): string {
    return internalUrl(this.definition);
  }
}

/** Host port → port in the container. */
function publishedPorts(
  { name, port, tlsPort }: ServiceDefinition,
  { hostPort, tlsHostPort }: ServiceProps,
): Record<number, number> | undefined {
  if (hostPort !== undefined && port === undefined) throw new Error(`${name} has no port to publish`);
  if (tlsHostPort !== undefined && tlsPort === undefined) throw new Error(`${name} has no port with TLS`);
  return {
    ...(hostPort === undefined || port === undefined ? {} : { [hostPort]: port.container }),
    ...(tlsHostPort === undefined ? {} : { [tlsHostPort]: tlsHostPort }),
  };
}

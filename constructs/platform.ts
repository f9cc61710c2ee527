import { Annotations } from "cdktf";
import { Construct } from "constructs";
import { Coder } from "./coder";
import { CoderBootstrap } from "./coder-bootstrap";
import type { PlatformConfig } from "./config/schema";
import { setContainerDefaults } from "./container-defaults";
import type { ContainerImage } from "./container-image";
import { deployedServices } from "./deployed-services";
import { DockerNetworks } from "./docker-networks";
import { NETWORKS } from "./engine-names";
import { Gateway } from "./gateway";
import { KeyProvisioner } from "./key-provisioner";
import { keyPolicy } from "./key-provisioner-config";
import { Postgres } from "./postgres";
import type { ServiceProps } from "./service";
import { hostPorts, type ServiceDefinition, settingOf } from "./service-definition";
import { CODER } from "./services/coder";
import { GATEWAY } from "./services/gateway";
import { KEY_PROVISIONER } from "./services/key-provisioner";
import { POSTGRES } from "./services/postgres";
import { WORKSPACE_FIREWALL } from "./services/workspace-firewall";
import { WORKSPACE_TEMPLATE } from "./stack-id";
import { WorkspaceFirewall } from "./workspace-firewall";
import { workspaceImage } from "./workspace-image";

const NOT_ISOLATED =
  "networks.workspaces.isolation is none: workspaces reach each other, the host and the networks around it. Remedy: set it to firewall where the engine runs as root on Linux";

/**
 * The whole platform on one screen: what runs, on which network, with which database.
 *
 * @example
 * new Platform(stack, "sluice", parsePlatform("apiVersion: sluice/v1\nname: team"));
 */
export class Platform extends Construct {
  /** The image that workspaces are made of; undefined without Coder. */
  readonly workspaceImage: ContainerImage | undefined;

  constructor(scope: Construct, id: string, config: PlatformConfig) {
    super(scope, id);
    setContainerDefaults(this, {
      prefix: config.name,
      publishAddress: config.exposure.address,
      logMegabytes: config.retention.logMegabytes,
      logFiles: config.retention.logFiles,
      images: config.images,
    });
    const { edge, data, workspaces } = config.networks;
    const networks = new DockerNetworks(this, "networks", {
      prefix: config.name,
      subnets: { edge: edge.subnet, data: data.subnet, workspaces: workspaces.subnet },
      workspaceInternet: workspaces.internet,
    });

    const firewall = workspaces.isolation === "firewall" ? this.firewall(config, networks) : undefined;
    if (firewall === undefined) Annotations.of(this).addWarning(NOT_ISOLATED);
    const props = (service: ServiceDefinition) => propsOf(service, { config, networks, firewall });

    const postgres = new Postgres(this, "postgres", props(POSTGRES));
    const gateway = new Gateway(this, "gateway", {
      ...props(GATEWAY),
      database: postgres.database("gateway"),
      models: config.models,
      providers: config.providers,
      enforcement: config.enforcement,
      guardrails: config.guardrails,
      auditRetention: config.retention.audit,
      settings: config.gateway,
    });
    const coder = config.coder.enabled
      ? new Coder(this, "coder", {
          ...props(CODER),
          database: postgres.database("coder"),
          accessHost: config.access.host,
          wildcardHost: config.coder.wildcardHost,
          providerMirror: config.coder.providerMirror,
        })
      : undefined;
    const keyProvisioner = new KeyProvisioner(this, "key-provisioner", {
      ...props(KEY_PROVISIONER),
      gateway,
      database: postgres.database("key_provisioner"),
      policy: keyPolicy(config),
      coder: coder && {
        url: coder.url,
        templates: [WORKSPACE_TEMPLATE],
        certificateKey: coder.certificateKey,
      },
      auditRetention: config.retention.audit,
    });
    if (coder !== undefined) {
      new CoderBootstrap(this, "coder-bootstrap", { coder, keyProvisioner });
      this.workspaceImage = workspaceImage(this, config.workspaces);
    }
  }

  private firewall(config: PlatformConfig, networks: DockerNetworks): WorkspaceFirewall {
    const { allow, internet } = config.networks.workspaces;
    const plan = networks.workspacePlan;
    return new WorkspaceFirewall(this, "workspace-firewall", {
      network: networks.workspaces,
      plan,
      services: deployedServices(config).flatMap(({ workspacesAddress: address, port }) =>
        address === undefined || port === undefined
          ? []
          : [{ ipv4Address: plan.serviceAddress(address), port: port.container }],
      ),
      allow,
      internet,
      resources: settingOf(config.resources, WORKSPACE_FIREWALL),
    });
  }
}

/** What platform.yaml and the networks say about a service. */
function propsOf(
  service: ServiceDefinition,
  platform: {
    readonly config: PlatformConfig;
    readonly networks: DockerNetworks;
    readonly firewall: WorkspaceFirewall | undefined;
  },
): ServiceProps {
  const { name, networks: joined, workspacesAddress } = service;
  const { config, networks, firewall } = platform;
  const attachments = NETWORKS.flatMap((network) => {
    const aliases = joined === "host" ? undefined : joined[network];
    if (aliases === undefined) return [];
    const attachment = { network: networks[network], aliases: aliases.length === 0 ? undefined : aliases };
    if (network !== "workspaces") return [attachment];
    if (workspacesAddress === undefined) throw new Error(`${name} needs a workspacesAddress`);
    const ipv4Address = networks.workspacePlan.serviceAddress(workspacesAddress);
    return [{ ...attachment, ipv4Address, joinAfter: firewall?.ready }];
  });
  return {
    networks: attachments,
    resources: settingOf(config.resources, service),
    ...Object.fromEntries(
      hostPorts(service).map(({ setting, isTls }) => [
        isTls ? "tlsHostPort" : "hostPort",
        config.ports[setting],
      ]),
    ),
  };
}

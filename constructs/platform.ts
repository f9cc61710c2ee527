import { Annotations } from "cdktf";
import { Construct } from "constructs";
import type { PlatformConfig } from "./config/schema";
import { setContainerDefaults } from "./container-defaults";
import { DockerNetworks } from "./docker-networks";
import { Gateway } from "./gateway";
import { KeyProvisioner } from "./key-provisioner";
import { platformImages } from "./platform-images";
import { Postgres } from "./postgres";
import { Redis } from "./redis";
import { Secret } from "./secret";
import { WorkspaceFirewall } from "./workspace-firewall";

const NOT_ISOLATED =
  "networks.workspaces.isolation is none: workspaces reach each other, the host and the networks around it. Remedy: set it to firewall where the engine runs as root on Linux";

/** The whole platform on one screen: what runs, on which network, with which secret. */
export class Platform extends Construct {
  readonly gateway: Gateway;
  readonly keyProvisioner: KeyProvisioner;

  constructor(scope: Construct, id: string, config: PlatformConfig) {
    super(scope, id);
    const { name, resources, networks: net, ports } = config;
    setContainerDefaults(this, {
      prefix: name,
      publishAddress: config.exposure.address,
      logMegabytes: config.retention.logMegabytes,
      logFiles: config.retention.logFiles,
    });

    const networks = new DockerNetworks(this, "networks", {
      prefix: name,
      subnets: { edge: net.edge.subnet, data: net.data.subnet, workspaces: net.workspaces.subnet },
      workspaceInternet: net.workspaces.internet,
    });
    const image = platformImages(this, config);
    const { serviceAddresses } = networks.workspacePlan;
    const services = {
      gateway: { ipv4Address: serviceAddresses.gateway, port: Gateway.PORT },
      keyProvisioner: { ipv4Address: serviceAddresses.keyProvisioner, port: KeyProvisioner.PORT },
    };
    const firewall =
      net.workspaces.isolation === "none"
        ? undefined
        : new WorkspaceFirewall(this, "workspace-firewall", {
            image: image.workspaceFirewall(),
            network: networks.workspaces,
            plan: networks.workspacePlan,
            services: Object.values(services),
            allow: net.workspaces.allow,
            internet: net.workspaces.internet,
          });
    if (firewall === undefined) Annotations.of(this).addWarning(NOT_ISOLATED);
    const clientNetworks = ({ ipv4Address }: { readonly ipv4Address: string }) => [
      { network: networks.edge },
      { network: networks.workspaces, ipv4Address, joinAfter: firewall?.ready },
    ];

    const postgres = new Postgres(this, "postgres", {
      image: image.postgres,
      network: networks.data,
      superuserPassword: Secret.generated(this, "postgres_superuser_password"),
      databases: {
        // One opens up to 24. Two may overlap, and somebody may look.
        gateway: { password: Secret.generated(this, "gateway_database_password"), connectionLimit: 60 },
        key_provisioner: {
          password: Secret.generated(this, "key_provisioner_database_password"),
          connectionLimit: 20,
        },
      },
      ...resources.postgres,
    });
    new Redis(this, "redis", {
      image: image.redis,
      network: networks.data,
      password: Secret.generated(this, "redis_password"),
      ...resources.redis,
    });
    this.gateway = new Gateway(this, "gateway", {
      image: image.gateway,
      clientNetworks: clientNetworks(services.gateway),
      dataNetwork: networks.data,
      database: postgres.database("gateway"),
      masterKey: Secret.generated(this, "gateway_master_key"),
      config,
      hostPort: ports.gateway,
      ...resources.gateway,
    });
    this.keyProvisioner = new KeyProvisioner(this, "key-provisioner", {
      image: image.keyProvisioner,
      clientNetworks: clientNetworks(services.keyProvisioner),
      dataNetwork: networks.data,
      database: postgres.database("key_provisioner"),
      gateway: this.gateway,
      scopes: config.scopes,
      hostPort: ports.keyProvisioner,
      ...resources.keyProvisioner,
    });
  }
}

import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { PlatformConfig } from "./config/schema";
import type { ContainerImage } from "./container-image";
import { ContainerService, type NetworkAttachment } from "./container-service";
import { DeliveredFiles } from "./delivered-files";
import { SECRETS_DIRECTORY } from "./files-directory";
import type { Gateway } from "./gateway";
import { httpHealthCheck } from "./health-check";
import type { Database } from "./postgres";

/** Props of `KeyProvisioner`. */
export interface KeyProvisionerProps {
  readonly image: ContainerImage;
  /** Networks whose members may ask for a key. */
  readonly clientNetworks: readonly NetworkAttachment[];
  /** Network of the database. */
  readonly dataNetwork: Network;
  readonly database: Database;
  readonly gateway: Gateway;
  /** Budget and limits of a key by its scope. */
  readonly scopes: PlatformConfig["scopes"];
  /** Port on this host. */
  readonly hostPort: number;
  readonly memoryMegabytes: number;
  /** @default - no limit */
  readonly cpus?: number;
}

/** Gives each workspace its own gateway key. */
export class KeyProvisioner extends Construct {
  /** TCP port on its networks. */
  static readonly PORT = 8100;
  /** URL for other containers. */
  readonly url = `http://key-provisioner:${KeyProvisioner.PORT}`;
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: KeyProvisionerProps) {
    super(scope, id);
    const { image, clientNetworks, dataNetwork, database, gateway, scopes, hostPort, memoryMegabytes, cpus } =
      props;
    const files = new DeliveredFiles(this, "files", {
      service: "key-provisioner",
      image,
      reader: "node",
      secrets: { DATABASE_PASSWORD: database.password },
    });
    this.ready = new ContainerService(this, "server", {
      name: "key-provisioner",
      image,
      networks: [
        ...clientNetworks.map((attachment) => ({ ...attachment, aliases: ["key-provisioner"] })),
        { network: dataNetwork },
      ],
      memoryMegabytes,
      cpus,
      // Its own life only: `/health` also asks the gateway, whose trouble must not look like this container's.
      lifetime: { service: httpHealthCheck(`http://127.0.0.1:${KeyProvisioner.PORT}/health/live`) },
      ports: { [hostPort]: KeyProvisioner.PORT },
      env: {
        GATEWAY_URL: gateway.url,
        SECRETS_DIRECTORY,
        DATABASE_URL: database.url,
        SCOPES: JSON.stringify(scopes),
      },
      files: { from: files, onChange: "replace" },
      stopGraceSeconds: 15,
      dependsOn: [gateway.ready, database.ready],
    }).container;
  }
}

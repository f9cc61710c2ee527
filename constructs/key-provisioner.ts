import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { Service, type ServiceProps } from "./service";
import { KEY_PROVISIONER } from "./services/key-provisioner";

/** Props of `KeyProvisioner`. */
export interface KeyProvisionerProps extends ServiceProps {
  /** The gateway whose health it reports, such as a `Gateway`. */
  readonly gateway: { readonly url: string; readonly ready?: ITerraformDependable };
}

/**
 * Reports whether the gateway is ready, on port 8100. It hands out no keys yet.
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * new KeyProvisioner(stack, "key-provisioner", {
 *   networks: [{ network: networks.edge }],
 *   gateway: { url: "https://gateway.example" },
 * });
 */
export class KeyProvisioner extends Service {
  constructor(scope: Construct, id: string, props: KeyProvisionerProps) {
    const { gateway } = props;
    super(scope, id, KEY_PROVISIONER, props, () => ({
      env: { GATEWAY_URL: gateway.url },
      dependsOn: gateway.ready === undefined ? [] : [gateway.ready],
    }));
  }
}

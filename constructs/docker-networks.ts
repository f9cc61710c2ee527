import { Network } from "@cdktf/provider-docker/lib/network";
import { Construct } from "constructs";
import { type NetworkName, PLATFORM_LABEL } from "./engine-names";
import { type NetworkPlan, planWorkspaceNetwork } from "./workspace-network-plan";

/** Props of `DockerNetworks`. */
export interface DockerNetworksProps {
  /** Prefix of the network names. */
  readonly prefix: string;
  /** IPv4 subnets by network. @default - chosen by Docker; of workspaces from the prefix */
  readonly subnets?: Partial<Record<NetworkName, string>>;
  /** Whether workspaces may open connections to the internet. @default true */
  readonly workspaceInternet?: boolean;
}

/**
 * The three networks. Docker does not route between them, so who is on which network is who may talk to whom.
 *
 * @example
 * const { edge, data } = new DockerNetworks(stack, "networks", { prefix: "team", subnets: { edge: "10.80.1.0/24" } });
 */
export class DockerNetworks extends Construct {
  /** Services that people talk to, with a way out to model providers. */
  readonly edge: Network;
  /** Databases. Internal: no way in or out but through the services that are on it. */
  readonly data: Network;
  /** Workspaces, and the services they may use. */
  readonly workspaces: Network;
  /** Names and addresses of `workspaces`. */
  readonly workspacePlan: NetworkPlan;

  constructor(scope: Construct, id: string, props: DockerNetworksProps) {
    super(scope, id);
    const { prefix, subnets = {}, workspaceInternet = true } = props;
    const network = (name: Exclude<NetworkName, "workspaces">, internal: boolean) =>
      new Network(this, name, {
        name: `${prefix}-${name}`,
        driver: "bridge",
        internal,
        ipamConfig: subnets[name] === undefined ? undefined : [{ subnet: subnets[name] }],
      });
    this.edge = network("edge", false);
    this.data = network("data", true);
    this.workspacePlan = planWorkspaceNetwork(prefix, subnets.workspaces);
    const { bridge, subnet, gateway, memberRange } = this.workspacePlan;
    this.workspaces = new Network(this, "workspaces", {
      name: `${prefix}-workspaces`,
      driver: "bridge",
      internal: !workspaceInternet,
      ipamConfig: [{ subnet, gateway, ipRange: memberRange }],
      options: { "com.docker.network.bridge.name": bridge },
      labels: [{ label: PLATFORM_LABEL, value: prefix }],
    });
  }
}

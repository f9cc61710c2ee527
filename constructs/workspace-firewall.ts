import type { Network } from "@cdktf/provider-docker/lib/network";
import type { Construct } from "constructs";
import { allowHostNetwork } from "./host-access";
import { Service, type ServiceProps } from "./service";
import { WORKSPACE_FIREWALL } from "./services/workspace-firewall";
import type { NetworkPlan } from "./workspace-network-plan";

/** A service that workspaces may connect to, by TCP. */
export interface ServiceEndpoint {
  /** Its address on the workspaces network. */
  readonly ipv4Address: string;
  readonly port: number;
}

/** Props of `WorkspaceFirewall`, which has the host's network and publishes nothing. */
export interface WorkspaceFirewallProps extends Omit<ServiceProps, "networks" | "hostPort"> {
  /** The workspaces network, whose bridge the rules are about. */
  readonly network: Network;
  readonly plan: NetworkPlan;
  /** All that workspaces may reach on the network. */
  readonly services: readonly ServiceEndpoint[];
  /** Private networks that workspaces may reach. @default - none */
  readonly allow?: readonly string[];
  /** Whether workspaces may reach public addresses. @default true */
  readonly internet?: boolean;
}

/**
 * Keeps workspaces away from each other, the host and private networks, by nftables rules on the host (docs/decisions/0067).
 *
 * @example
 * const networks = new DockerNetworks(stack, "networks", { prefix: "team" });
 * const firewall = new WorkspaceFirewall(stack, "workspace-firewall", {
 *   network: networks.workspaces,
 *   plan: networks.workspacePlan,
 *   services: [{ ipv4Address: networks.workspacePlan.serviceAddress(2), port: 4000 }],
 * });
 */
export class WorkspaceFirewall extends Service {
  constructor(scope: Construct, id: string, props: WorkspaceFirewallProps) {
    const { network, plan, services, allow = [], internet = true } = props;
    super(scope, id, WORKSPACE_FIREWALL, { ...props, networks: [] }, (self) => {
      allowHostNetwork(self, "rules for a bridge of the host can be set in the host's network only");
      return {
        env: {
          BRIDGE: plan.bridge,
          SUBNET: plan.subnet,
          SERVICES: services.map(({ ipv4Address, port }) => `${ipv4Address}:${port}`).join(","),
          ALLOW: allow.join(","),
          INTERNET: String(internet),
        },
        dependsOn: [network],
      };
    });
  }
}

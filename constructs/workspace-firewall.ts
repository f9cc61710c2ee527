import type { Network } from "@cdktf/provider-docker/lib/network";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { ContainerImage } from "./container-image";
import { ContainerService } from "./container-service";
import { allowHostNetwork } from "./host-network";
import type { NetworkPlan } from "./workspace-network-plan";

/** A service that workspaces may connect to, by TCP. */
export interface ServiceEndpoint {
  /** Its address on the workspaces network. */
  readonly ipv4Address: string;
  readonly port: number;
}

/** Props of `WorkspaceFirewall`. */
export interface WorkspaceFirewallProps {
  readonly image: ContainerImage;
  /** The workspaces network, whose bridge the rules are about. */
  readonly network: Network;
  readonly plan: NetworkPlan;
  /** All that workspaces may reach on the network. */
  readonly services: readonly ServiceEndpoint[];
  /** Private networks that workspaces may reach. */
  readonly allow: readonly string[];
  /** Whether workspaces may reach public addresses. */
  readonly internet: boolean;
}

/** Keeps workspaces away from each other, the host and private networks, by nftables rules on the host (docs/decisions/0067). */
export class WorkspaceFirewall extends Construct {
  /** To depend on: the rules are in force. */
  readonly ready: ITerraformDependable;

  constructor(scope: Construct, id: string, props: WorkspaceFirewallProps) {
    super(scope, id);
    allowHostNetwork(this, "rules for a bridge of the host can be set in the host's network only");
    const { image, network, plan, services, allow, internet } = props;
    this.ready = new ContainerService(this, "server", {
      name: "workspace-firewall",
      image,
      networks: "host",
      memoryMegabytes: 128,
      lifetime: {
        service: {
          test: ["CMD-SHELL", "find /tmp/rules-in-force -newermt '-10 seconds' | grep -q ."],
          intervalSeconds: 2,
          retries: 3,
        },
      },
      env: {
        BRIDGE: plan.bridge,
        SUBNET: plan.subnet,
        SERVICES: services.map(({ ipv4Address, port }) => `${ipv4Address}:${port}`).join(","),
        ALLOW: allow.join(","),
        INTERNET: String(internet),
      },
      capabilities: ["CAP_NET_ADMIN"],
      startTimeoutSeconds: 60,
      dependsOn: [network],
    }).container;
  }
}

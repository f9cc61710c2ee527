import { Network } from "@cdktf/provider-docker/lib/network";
import { TerraformStack } from "cdktf";
import { resolvedText } from "./resolved-text";
import type { ContainerRule } from "./rule";

/**
 * Ports are published on the configured address only, and only by containers that have a network
 * with a way in: on internal networks the engine publishes nothing.
 */
export function privatePorts(publishAddress: string): ContainerRule {
  return function* (container) {
    const ports = container.portsInput;
    if (!Array.isArray(ports) || ports.length === 0) return;
    for (const port of ports) {
      if (port.ip === publishAddress) continue;
      yield {
        problem: `publishes port ${port.external ?? port.internal} on ${port.ip ?? "every address"}`,
        remedy: `publish on ${publishAddress}, or set exposure.address in platform.yaml to open the platform on purpose`,
      };
    }
    const attached = container.networksAdvancedInput;
    if (!Array.isArray(attached) || attached.length === 0) return;
    const internal = TerraformStack.of(container)
      .node.findAll()
      .filter((node): node is Network => node instanceof Network && node.internalInput === true)
      .map((network) => resolvedText(container, network.id));
    if (attached.every(({ name }) => internal.includes(resolvedText(container, name)))) {
      yield {
        problem: "publishes ports but is on internal networks only, where they answer nothing",
        remedy: "add a network that is not internal, or publish no port",
      };
    }
  };
}

import type { PlatformConfig } from "./config/schema";
import { SERVICES } from "./service-catalog";
import type { ServiceDefinition } from "./service-definition";
import { CODER } from "./services/coder";
import { WORKSPACE_FIREWALL } from "./services/workspace-firewall";

/** The services that a platform has: some can be left out. */
export function deployedServices({
  coder,
  networks,
}: Pick<PlatformConfig, "coder" | "networks">): readonly ServiceDefinition[] {
  const absent = new Set<string>([
    ...(coder.enabled ? [] : [CODER.name]),
    ...(networks.workspaces.isolation === "firewall" ? [] : [WORKSPACE_FIREWALL.name]),
  ]);
  return SERVICES.filter(({ name }) => !absent.has(name));
}

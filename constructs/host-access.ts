import type { Construct } from "constructs";

const NETWORK = "sluice:host-network";
const PATHS = "sluice:host-paths";

/**
 * Lets containers below `scope` have the host's network, which the rules forbid otherwise. Call it before the first child is made.
 * @param reason why nothing less will do
 */
export function allowHostNetwork(scope: Construct, reason: string): void {
  scope.node.setContext(NETWORK, reason);
}

/** Whether a construct, or one above it, was allowed the host's network. */
export function mayUseHostNetwork(scope: Construct): boolean {
  return scope.node.tryGetContext(NETWORK) !== undefined;
}

/**
 * Lets containers below `scope` mount these paths of the host, which the rules forbid otherwise. Call it before the first child is made.
 * @param paths path on the host → why nothing less will do
 */
export function allowHostPaths(scope: Construct, paths: Readonly<Record<string, string>>): void {
  scope.node.setContext(PATHS, paths);
}

/** Whether a construct, or one above it, was allowed to mount a path of the host. */
export function mayMount(scope: Construct, path: string): boolean {
  const allowed: unknown = scope.node.tryGetContext(PATHS);
  return typeof allowed === "object" && allowed !== null && Object.hasOwn(allowed, path);
}

import type { Construct } from "constructs";

const KEY = "sluice:host-network";

/**
 * Lets containers below `scope` have the host's network, which the rules forbid otherwise. Call it before the first child is made.
 * @param reason why nothing less will do
 */
export function allowHostNetwork(scope: Construct, reason: string): void {
  scope.node.setContext(KEY, reason);
}

/** Whether a construct, or one above it, was allowed the host's network. */
export function mayUseHostNetwork(scope: Construct): boolean {
  return scope.node.tryGetContext(KEY) !== undefined;
}

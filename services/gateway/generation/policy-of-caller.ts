import type { LevelSource } from "../enforcement/levels";
import { type EnforcementPolicy, resolvePolicy } from "../enforcement/policy";
import type { PromptSource } from "../enforcement/prompt";
import type { Caller } from "../plugins/auth";

/** Where working rules come from. */
export interface PolicyTools {
  readonly levels: LevelSource;
  readonly prompts: PromptSource;
}

const UNRESTRICTED = { enforcement_level: "unrestricted" };

/**
 * The working rules of the caller's key. Whoever runs the gateway has none: the master key is no developer's.
 * @throws GatewayError 503 when they are not available
 */
export function policyOf(caller: Caller, { levels, prompts }: PolicyTools): EnforcementPolicy {
  return resolvePolicy(levels, prompts, caller.kind === "key" ? caller.key.metadata : UNRESTRICTED);
}

import { promptUnavailable } from "./errors";
import type { LevelSource } from "./levels";
import type { EnforcedPrompt, PromptSource } from "./prompt";

/** What a key's requests are sent with. Resolved once a request, from nothing that the client sends. */
export interface EnforcementPolicy {
  /** The effective level. */
  readonly level: string;
  /** Version of the rules, such as `standard@0123456789ab`; for `x-enforced-prompt` and audit rows. `null`: no rules. */
  readonly promptId: string | null;
  /** The rules, in the order in which they stand before everything else. Empty: nothing is added. */
  readonly blocks: readonly EnforcedPrompt[];
}

/** Keeps one policy for a version of a prompt, so that what is derived of it is derived once. */
const policies = new WeakMap<EnforcedPrompt, EnforcementPolicy>();

/**
 * @param metadata of the authenticated key
 * @throws GatewayError 503 `enforcement_unavailable` when the key's level is unknown or its rules are missing
 */
export function resolvePolicy(
  levels: Pick<LevelSource, "levelOf">,
  prompts: PromptSource,
  metadata: Readonly<Record<string, unknown>>,
): EnforcementPolicy {
  const level = levels.levelOf(metadata);
  if (level.file === undefined) return { level: level.name, promptId: null, blocks: [] };
  const prompt = prompts.find(level);
  if (prompt === undefined) throw promptUnavailable(level.name);
  const known = policies.get(prompt);
  if (known !== undefined) return known;
  const policy = { level: level.name, promptId: prompt.id, blocks: [prompt] };
  policies.set(prompt, policy);
  return policy;
}

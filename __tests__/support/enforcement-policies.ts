import { type EnforcementPolicy, makePrompt } from "../../services/gateway/enforcement/policy";

/** A policy with rules, as it is resolved for a key. */
export function policyWith(text: string, level = "standard"): EnforcementPolicy {
  const prompt = makePrompt(level, Buffer.from(text));
  if ("refused" in prompt) throw new Error(prompt.refused);
  return { level, promptId: prompt.id, blocks: [prompt] };
}

/** The policy of a key without rules. */
export const FREE: EnforcementPolicy = { level: "unrestricted", promptId: null, blocks: [] };

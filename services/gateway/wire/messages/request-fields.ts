/**
 * What happens to a field of a request: `keep`; `drop`, and its name is told; `refuse`, because the request would mean
 * something else without it.
 */
export type FieldRule = "keep" | "drop" | "refuse";

interface FieldRules {
  /** For keys without an enforced prompt. */
  readonly free: FieldRule;
  /** For keys with an enforced prompt. */
  readonly enforced: FieldRule;
}

const keep: FieldRules = { free: "keep", enforced: "keep" };
const drop: FieldRules = { free: "drop", enforced: "drop" };
const refuse: FieldRules = { free: "refuse", enforced: "refuse" };
const refuseEnforced: FieldRules = { free: "keep", enforced: "refuse" };
const dropEnforced: FieldRules = { free: "keep", enforced: "drop" };

/**
 * All fields of a request that may reach a provider. What is not listed is dropped: addresses and credentials
 * (`api_base`, `api_key`, `extra_headers`), switches of other gateways (`litellm_metadata`, `guardrails`, `cache`,
 * `mock_response`) and what nobody has thought of yet.
 */
const RULES: ReadonlyMap<string, FieldRules> = new Map([
  ["model", keep],
  ["max_tokens", keep],
  ["system", keep],
  ["messages", keep],
  ["tools", keep],
  ["tool_choice", keep],
  ["thinking", keep],
  ["output_config", keep],
  ["output_format", keep],
  ["stop_sequences", keep],
  ["temperature", keep],
  ["top_p", keep],
  ["top_k", keep],
  ["metadata", keep],
  ["service_tier", keep],
  ["cache_control", keep],
  // It can replace the conversation, with instructions of the client's for how.
  ["context_management", dropEnforced],
  // Servers and files that bring instructions of their own.
  ["mcp_servers", refuseEnforced],
  ["container", refuseEnforced],
  // State at the provider, which knows nothing of keys: neither their enforced prompts nor who may read what.
  ["thread", refuse],
  ["previous_response_id", refuse],
  ["conversation", refuse],
  // Which regions a client may ask for is said at the provider, for the workspace of the deployment's key.
  ["inference_geo", keep],
  // A model that the key may not use, and that routing did not choose.
  ["fallbacks", drop],
  // Twice the price.
  ["speed", drop],
]);

/** Every field that has a rule. All others are dropped. */
export const REQUEST_FIELDS: readonly string[] = [...RULES.keys()];

/** The rule for a field at the top of a request. */
export function ruleOf(field: string, isEnforced: boolean): FieldRule {
  const rules = RULES.get(field) ?? drop;
  return isEnforced ? rules.enforced : rules.free;
}

/** Fields that Bedrock's InvokeModel refuses ("Extra inputs are not permitted"); `model` its URL says. */
export const NOT_FOR_INVOKE: ReadonlySet<string> = new Set([
  "metadata",
  "service_tier",
  "container",
  "mcp_servers",
  "cache_control",
]);

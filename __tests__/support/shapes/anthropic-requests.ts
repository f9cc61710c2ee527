/**
 * Members of requests of Anthropic's Messages API and of its tools, beta or not, as the types of its client 1.13.0 have them, each with a value
 * that means something.
 */
export const MESSAGES_FIELDS: Readonly<Record<string, unknown>> = {
  model: "alias",
  max_tokens: 5,
  messages: [{ role: "user", content: "Hello" }],
  system: "Be brief.",
  billing_policy: { type: "x" },
  cache_control: { type: "ephemeral" },
  compaction: { type: "auto" },
  container: "container_1",
  context_management: { edits: [{ type: "clear_thinking_20251015" }] },
  diagnostics: { cache: true },
  fallback_credit_token: "x",
  fallbacks: [{ model: "claude-haiku-4-5" }],
  inference_geo: "us",
  mcp_servers: [{ type: "url", url: "https://example.com", name: "x" }],
  metadata: { user_id: "u" },
  output_config: { effort: "low" },
  output_format: { type: "json_schema", schema: { type: "object" } },
  service_tier: "standard_only",
  speed: "fast",
  stop_sequences: ["END"],
  stream: true,
  temperature: 0.5,
  thinking: { type: "adaptive" },
  thread: { type: "continue", id: "x" },
  tool_choice: { type: "any" },
  tools: [{ name: "f", input_schema: { type: "object" } }],
  top_k: 4,
  top_p: 0.5,
  user_profile_id: "x",
  workspace_id: "x",
};

/** Members of a tool of the client's own. */
export const TOOL_MEMBERS: Readonly<Record<string, unknown>> = {
  type: "custom",
  name: "g",
  description: "d",
  input_schema: { type: "object", properties: { a: {} } },
  allowed_callers: ["direct"],
  cache_control: { type: "ephemeral" },
  defer_loading: true,
  eager_input_streaming: true,
  input_examples: [{ a: 1 }],
  strict: true,
};

/**
 * Settings of LiteLLM that a file may hold although they change nothing here yet. They are named at the start,
 * so that nobody believes them in force. Anything not known at all is refused: it is most likely a typo.
 */
export const WITHOUT_EFFECT = {
  general_settings: [
    "always_include_stream_usage",
    "alerting",
    "store_model_in_db",
    "proxy_batch_write_at",
    "disable_spend_logs",
  ],
  litellm_settings: [
    "callbacks",
    "success_callback",
    "failure_callback",
    "langfuse_default_tags",
    "modify_params",
    "set_verbose",
    "json_logs",
    "cache",
    "cache_params",
    "fallbacks",
    "default_fallbacks",
  ],
  router_settings: [
    "routing_strategy",
    "fallbacks",
    "model_group_alias",
    "redis_host",
    "redis_port",
    "redis_password",
    "enable_pre_call_checks",
  ],
  litellm_params: ["rpm", "tpm", "weight", "tags"],
} as const;

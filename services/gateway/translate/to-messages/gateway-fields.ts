/**
 * Fields that clients of LiteLLM send to the gateway itself: they name the conversation, which the audit row records. No provider
 * is sent them, and nothing is lost by that.
 */
export const GATEWAY_FIELDS: readonly string[] = ["litellm_session_id", "litellm_trace_id"];

/** The same in `metadata`. */
export const GATEWAY_METADATA: readonly string[] = [...GATEWAY_FIELDS, "session_id", "trace_id"];

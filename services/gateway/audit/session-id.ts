import type { IncomingHttpHeaders } from "node:http";

/**
 * Headers that clients name a conversation by, in this order: Claude Code, OpenCode and Kilo, Codex, LiteLLM's own.
 * Source: their requests as seen on the wire.
 */
const HEADERS = [
  "x-claude-code-session-id",
  "x-session-id",
  "session-id",
  "x-litellm-session-id",
  "langfuse_session_id",
  "x-litellm-trace-id",
] as const;

/** Members of metadata that name it, in this order. */
const METADATA_NAMES = ["session_id", "litellm_session_id", "litellm_trace_id", "trace_id"] as const;

/** An id and nothing else: what a client writes here is kept, so it must not be a place for content. */
const ID = /^[\w.:-]{1,128}$/;

/** The conversation that a request belongs to, as its headers say. */
export function sessionInHeaders(headers: IncomingHttpHeaders): string | null {
  for (const name of HEADERS) {
    const id = toId(headers[name]);
    if (id !== null) return id;
  }
  return null;
}

/**
 * The conversation as the body's `metadata` says: `session_id`, LiteLLM's names for it, or what Claude Code writes into
 * `user_id`, which is JSON with a `session_id`, in older versions text that ends in `_session_<id>`.
 */
export function sessionInMetadata(metadata: unknown): string | null {
  if (typeof metadata !== "object" || metadata === null) return null;
  let id: string | null = null;
  for (const name of METADATA_NAMES) id ??= toId(memberOf(metadata, name));
  const user = memberOf(metadata, "user_id");
  if (id !== null || typeof user !== "string" || user.length > 1000) return id;
  if (!user.startsWith("{")) return toId(/_session_([\w.:-]+)$/.exec(user)?.[1]);
  try {
    return toId((JSON.parse(user) as Record<string, unknown>)["session_id"]);
  } catch {
    return null;
  }
}

/**
 * The conversation as a request's body says, in LiteLLM's words or in its `metadata`. SDKs unpack `extra_body`; what sends it
 * as it is means the same.
 */
export function sessionInBody(body: unknown): string | null {
  return sessionIn(body) ?? sessionIn(memberOf(body, "extra_body"));
}

function sessionIn(body: unknown): string | null {
  return (
    toId(memberOf(body, "litellm_session_id")) ??
    toId(memberOf(body, "litellm_trace_id")) ??
    sessionInMetadata(memberOf(body, "metadata")) ??
    sessionInMetadata(memberOf(body, "litellm_metadata"))
  );
}

function memberOf(owner: unknown, name: string): unknown {
  return typeof owner === "object" && owner !== null ? (owner as Record<string, unknown>)[name] : undefined;
}

function toId(value: unknown): string | null {
  return typeof value === "string" && ID.test(value) ? value : null;
}

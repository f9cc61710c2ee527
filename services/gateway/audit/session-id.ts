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
 * The conversation as the body's `metadata` says: `session_id`, or what Claude Code writes into `user_id`, which is
 * JSON with a `session_id`, in older versions text that ends in `_session_<id>`.
 */
export function sessionInMetadata(metadata: unknown): string | null {
  if (typeof metadata !== "object" || metadata === null) return null;
  const { session_id: session, user_id: user } = metadata as Record<string, unknown>;
  const id = toId(session);
  if (id !== null || typeof user !== "string" || user.length > 1000) return id;
  if (!user.startsWith("{")) return toId(/_session_([\w.:-]+)$/.exec(user)?.[1]);
  try {
    return toId((JSON.parse(user) as Record<string, unknown>)["session_id"]);
  } catch {
    return null;
  }
}

function toId(value: unknown): string | null {
  return typeof value === "string" && ID.test(value) ? value : null;
}

import { opaqueId } from "./opaque-id";

const VALID = /^[a-zA-Z0-9_-]{1,64}$/;
const MAX_LENGTH = 64;
const HASH_LENGTH = 8;

/**
 * The name by which the upstream is told of a tool: the client's, or one made of it where the upstream would refuse it.
 * Depends on the name alone, so that a tool keeps its name in all requests of a conversation, and its cache.
 */
export function upstreamToolName(name: string): string {
  if (VALID.test(name)) return name;
  const readable = name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, MAX_LENGTH - HASH_LENGTH - 1);
  return `${readable}_${opaqueId(name).slice(0, HASH_LENGTH)}`;
}

/** The names that had to be changed: the one that is sent → the client's. */
export function renamedTools(names: Iterable<string>): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const name of names) {
    const sent = upstreamToolName(name);
    if (sent !== name) renamed.set(sent, name);
  }
  return renamed;
}

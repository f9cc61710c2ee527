import type { LevelSource } from "../enforcement/levels";
import type { Caller } from "../plugins/auth";
import { mayNotLoosen } from "./errors";

/** Of a key. */
type Metadata = Readonly<Record<string, unknown>>;

/**
 * Rules are tightened by whoever manages keys, and loosened by an administrator only. What counts is the level that
 * follows, so another scope or no level at all is judged like a lower one.
 * @param before, after metadata of the key; `after` `undefined`: it stays
 * @throws GatewayError 403
 */
export function forbidLoosening(
  levels: Pick<LevelSource, "levelOf">,
  caller: Caller,
  before: Metadata,
  after: Metadata | undefined,
): void {
  if (after === undefined || isAdmin(caller)) return;
  if (strictnessOf(levels, after) < strictnessOf(levels, before)) throw mayNotLoosen();
}

function isAdmin(caller: Caller): boolean {
  return caller.kind === "master" || (caller.kind === "token" && caller.token.role === "admin");
}

/** Nothing is sent at a level that is not known, so none is stricter. */
function strictnessOf(levels: Pick<LevelSource, "levelOf">, metadata: Metadata): number {
  try {
    return levels.levelOf(metadata).strictness;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

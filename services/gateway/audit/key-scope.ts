import type { VirtualKey } from "../ports/key-store";
import { boundedText } from "./bounded-text";

/** What a key was made for, as its metadata says. */
export interface KeyScope {
  /** Id of the workspace that the key belongs to. */
  readonly workspace: string | null;
  /** Such as `workspace:<id>`, `user:<name>`, `ci:<repository>` or `agent:review`. */
  readonly scope: string | null;
}

/** Reads `workspace_id` and `scope`; without the first, a scope of a workspace says which. */
export function scopeOf(key: Pick<VirtualKey, "metadata"> | undefined): KeyScope {
  const scope = boundedText(key?.metadata["scope"], 200);
  const workspace = boundedText(key?.metadata["workspace_id"], 200);
  return { scope, workspace: workspace ?? /^workspace:(.+)$/.exec(scope ?? "")?.[1] ?? null };
}

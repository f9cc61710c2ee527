/** Scope of a minimum that holds for every key. */
export const ANY_SCOPE = "*";

/**
 * Whether a minimum of the scope `of` holds for a key: `agent` also holds for `agent:review`. The gateway enforces by this and the
 * key-provisioner clamps by it, so that both agree.
 * @param scope `metadata.scope` of the key
 */
export function isInScope(scope: unknown, of: string): boolean {
  return of === ANY_SCOPE || scope === of || (typeof scope === "string" && scope.startsWith(`${of}:`));
}

import type { IncomingHttpHeaders } from "node:http";
import { allowBetas } from "../enforcement/allow-betas";

/** Headers by which a client of Anthropic's API says which form of it it speaks. */
const NAMES = ["anthropic-version", "anthropic-beta"] as const;
const MAX_LENGTH = 2000;

/** What of a native client's headers goes to the provider. */
export interface NativeHeaders {
  readonly headers: Readonly<Record<string, string>>;
  /** Features that are left out, as `anthropic-beta.<name>`. */
  readonly droppedParams: readonly string[];
}

/** For clients of other APIs. */
export const NO_NATIVE_HEADERS: NativeHeaders = { headers: {}, droppedParams: [] };

/**
 * What of a native client's headers goes to the provider: it gets its own version of the API, not the gateway's.
 * @param isEnforced whether the key has working rules: then only features that leave them alone are passed on
 */
export function nativeHeaders(headers: IncomingHttpHeaders, isEnforced: boolean): NativeHeaders {
  let found: Record<string, string> | undefined;
  for (const name of NAMES) {
    const value = headers[name];
    if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH) continue;
    found ??= {};
    found[name] = value;
  }
  if (found === undefined) return NO_NATIVE_HEADERS;
  return isEnforced ? withoutBetas(found) : { headers: found, droppedParams: [] };
}

function withoutBetas(headers: Readonly<Record<string, string>>): NativeHeaders {
  const { kept, dropped } = allowBetas(betasOf(headers));
  if (dropped.length === 0) return { headers, droppedParams: [] };
  const { "anthropic-beta": _all, ...others } = headers;
  return {
    headers: kept.length === 0 ? others : { ...others, "anthropic-beta": kept.join(",") },
    droppedParams: dropped.map((name) => `anthropic-beta.${name}`),
  };
}

/** The features that `anthropic-beta` names. */
export function betasOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return (headers["anthropic-beta"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

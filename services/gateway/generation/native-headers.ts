import type { IncomingHttpHeaders } from "node:http";

/** Headers by which a client of Anthropic's API says which form of it it speaks. */
const NAMES = ["anthropic-version", "anthropic-beta"] as const;
const MAX_LENGTH = 2000;
const NONE: Readonly<Record<string, string>> = {};

/** What of a native client's headers goes to the provider: it gets its own version of the API, not the gateway's. */
export function nativeHeaders(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  let found: Record<string, string> | undefined;
  for (const name of NAMES) {
    const value = headers[name];
    if (typeof value !== "string" || value === "" || value.length > MAX_LENGTH) continue;
    found ??= {};
    found[name] = value;
  }
  return found ?? NONE;
}

/** The features that `anthropic-beta` names. */
export function betasOf(headers: Readonly<Record<string, string>>): readonly string[] {
  return (headers["anthropic-beta"] ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

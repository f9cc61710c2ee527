import type { Fault } from "./finding";

/** Scheme, host, port, and a path without empty or dot segments. */
const FORM =
  /^https?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[1-9]\d{0,4})?(?:\/(?!\.{1,2}(?:\/|$))[\w.~:@+=,!-]+)*\/?$/;
/** Longer ones are a mistake. */
const MAX_LENGTH = 512;
/** What the gateway puts behind a base URL. */
const ADDED = /\/v1(?:\/messages)?(?=\/*$)/;
const EXAMPLE = "https://api.anthropic.com";

const ALLOWED = "http:// or https://, a host and a path, without credentials, query, fragment and /v1";

/** Why requests cannot be sent below `text`, and the remedy; `undefined` for a good base URL. */
export function baseUrlFault(text: string): Fault | undefined {
  const problem = problemOf(text);
  if (problem === undefined) return undefined;
  return { problem, allowed: ALLOWED, remedy: `write ${withoutRest(text) ?? `one such as ${EXAMPLE}`}` };
}

/** A URL as it may be shown: what may be a credential is left out. */
export function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, "//…@").replace(/[?#].*$/s, ([mark]) => `${mark}…`);
}

function problemOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/]/.test(text)) return "must begin with http:// or https://";
  if (/^[^/]*\/\/[^/?#]*@/.test(text)) return "has credentials";
  if (text.includes("?")) return "has a query";
  if (text.includes("#")) return "has a fragment";
  const [added] = ADDED.exec(text) ?? [];
  if (added !== undefined) return `ends with ${added}, which the gateway adds`;
  return isGood(text) ? undefined : "is not an address that requests can be sent to";
}

const isGood = (text: string) => text.length <= MAX_LENGTH && FORM.test(text) && URL.canParse(text);

/** The part of a URL that can be used, where there is one. */
function withoutRest(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  const better = `${protocol}//${host}${pathname}`.replace(ADDED, "").replace(/\/+$/, "");
  return problemOf(better) === undefined ? better : undefined;
}

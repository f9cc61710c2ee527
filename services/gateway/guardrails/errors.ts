import { GatewayError } from "../errors";
import { type Finding, patternIdsOf } from "./finding";

/** Findings that an error lists. */
const MAX_LISTED = 20;

/** A request with something that may not leave. Says what and where, never the content. */
export const contentBlocked = (findings: readonly Finding[]) =>
  new GatewayError(
    400,
    // Audit rows keep the type: it tells these apart from requests that were merely wrong.
    "content_blocked",
    `The request was not sent: it holds what this key may not send (${patternIdsOf(findings).join(", ")}), ${describePlaces(findings)}. Take it out and try again.`,
    {
      code: "content_blocked",
      param: findings[0]?.path ?? null,
      fields: {
        findings: findings
          .slice(0, MAX_LISTED)
          .map(({ patternId, path, count }) => ({ pattern: patternId, path, count })),
      },
    },
  );

/** A key says something about its screening that cannot be understood. */
export const screeningUnknown = (field: string, value: unknown, allowed: string) =>
  new GatewayError(
    503,
    "service_unavailable",
    `metadata.${field} of this key is ${describe(value)}, which is not known. Allowed: ${allowed}. Ask an administrator to correct the key.`,
    { code: "guardrails_unavailable", retryAfterSeconds: 5 },
  );

function describePlaces(findings: readonly Finding[]): string {
  const places = [...new Set(findings.map(({ path }) => path))];
  const listed = places.slice(0, 5).join(", ");
  return places.length > 5 ? `at ${listed} and ${places.length - 5} other places` : `at ${listed}`;
}

function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 64));
  return `of kind ${Array.isArray(value) ? "list" : typeof value}`;
}

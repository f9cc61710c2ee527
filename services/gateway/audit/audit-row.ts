import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "../identity/caller";
import type { Deployment } from "../providers/deployment";
import type { AuditRow } from "../store/audit-log";
import type { VirtualKey } from "../store/key-store";
import type { SettledUsage } from "../wire/internal/progress";

/** How a request ends, as far as its row says it. */
type RequestEnd = Pick<AuditRow, "status" | "startedAt" | "latencyMs" | "costNanoUsd">;

/** Who still uses it after a rotation shows by this. */
const PREVIOUS_MASTER_KEY = "previous master key";

/** The row of a request. */
export function toAuditRow(
  { requestId, route, caller, headers }: DraftOrigin,
  facts: Readonly<RequestFacts>,
  { usage, isEstimated }: SettledUsage,
  end: RequestEnd,
): AuditRow {
  const userAgent = headers["user-agent"];
  const key = caller.kind === "key" ? caller.key : undefined;
  return {
    requestId,
    startedAt: end.startedAt,
    callerKind: caller.kind,
    keyId: key?.keyId ?? null,
    keyHash: key?.tokenHash ?? null,
    keyAlias: key?.keyAlias ?? null,
    userId: key?.userId ?? null,
    ...scopeOf(key),
    endUser: facts.endUser,
    route,
    modelRequested: facts.modelRequested,
    modelUsed: facts.modelUsed,
    deployment: facts.deployment?.id ?? null,
    attempts: facts.attempts,
    status: end.status,
    errorType: facts.errorType,
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    reasoningTokens: usage.thinkingTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWriteTokens: usage.cacheWriteTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    webSearches: usage.webSearches,
    isUsageEstimated: isEstimated,
    costNanoUsd: end.costNanoUsd,
    latencyMs: end.latencyMs,
    ttftMs: facts.ttftMs,
    isStream: facts.isStream,
    userAgent: boundedText(userAgent, 200),
    client: clientOf(userAgent),
    sessionId: facts.sessionId,
    enforcementLevel: facts.enforcementLevel,
    promptHash: facts.promptHash,
    actor: actorOf(caller),
    target: facts.change?.target ?? null,
    changed: facts.change?.fields || null,
    repeats: 0,
  };
}

/** `null` for the master key, and for a key, which has a column of its own. */
function actorOf(caller: Caller): string | null {
  if (caller.kind === "token") return caller.token.name;
  return caller.kind === "master" && caller.version === "previous" ? PREVIOUS_MASTER_KEY : null;
}

/** Names that clients go by, where their user agent says another one. */
const KNOWN: Readonly<Record<string, string>> = {
  "claude-cli": "claude-code",
  roocode: "roo-code",
  codex_cli_rs: "codex",
  codex_exec: "codex",
};

/**
 * The program that sent a request: the first product of its user agent, such as `claude-code/2.1.330`, at most 80
 * characters. `null` when the user agent does not begin with a product.
 */
export function clientOf(userAgent: string | undefined): string | null {
  const match = /^([a-z][\w.-]{0,39})(?:\/([\w.+-]{1,39}))?(?![\w.+/-])/i.exec(userAgent ?? "");
  if (match === null) return null;
  const [, product = "", version] = match;
  const name = product.toLowerCase();
  return version === undefined ? (KNOWN[name] ?? name) : `${KNOWN[name] ?? name}/${version}`;
}

/** What a key was made for, as its metadata says. */
interface KeyScope {
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

/**
 * Client text as a row may hold it: at most `maxLength` characters, without control characters (Postgres
 * refuses NUL) and without half characters. Empty text is `null`.
 */
export function boundedText(value: unknown, maxLength: number): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .slice(0, maxLength)
    .replace(/[\p{Cc}\p{Cs}]/gu, " ")
    .trim();
  return text === "" ? null : text;
}

/** What is known of a request before anything is done for it. */
export interface DraftOrigin {
  readonly requestId: string;
  readonly route: string;
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
}

/** What a request turns out to be, and to have used, while it runs. */
export interface RequestFacts {
  modelRequested: string | null;
  modelUsed: string | null;
  /** The last that was asked. */
  deployment: Deployment | undefined;
  /** Deployments that were asked. */
  attempts: number;
  isStream: boolean;
  endUser: string | null;
  sessionId: string | null;
  enforcementLevel: string | null;
  promptHash: string | null;
  ttftMs: number | null;
  errorType: string | null;
  /** What a management call was about, and the names of the fields that it set, parted by commas. */
  change: { readonly target: string; readonly fields: string } | undefined;
}

/** Nothing is known yet. */
export const NO_FACTS: Readonly<RequestFacts> = {
  modelRequested: null,
  modelUsed: null,
  deployment: undefined,
  attempts: 0,
  isStream: false,
  endUser: null,
  sessionId: null,
  enforcementLevel: null,
  promptHash: null,
  ttftMs: null,
  errorType: null,
  change: undefined,
};

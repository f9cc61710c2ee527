import type { SettledUsage } from "../messages/settle-usage";
import type { Caller } from "../plugins/auth";
import type { AuditRow } from "../ports/audit-log";
import { boundedText } from "./bounded-text";
import { clientOf } from "./client-of";
import { scopeOf } from "./key-scope";
import type { DraftOrigin, RequestFacts } from "./request-facts";

/** How a request ends, as far as its row says it. */
export type RequestEnd = Pick<AuditRow, "status" | "startedAt" | "latencyMs" | "costNanoUsd">;

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

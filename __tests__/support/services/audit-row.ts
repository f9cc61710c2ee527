import { randomUUID } from "node:crypto";
import type { AuditRow } from "../../../services/gateway/ports/audit-log";

/** A row of a request that went well. */
export function auditRow(props: Partial<AuditRow> = {}): AuditRow {
  return {
    requestId: randomUUID(),
    startedAt: new Date("2026-01-02T03:04:05.678Z"),
    callerKind: "key",
    keyId: randomUUID(),
    keyHash: "a".repeat(64),
    keyAlias: "workspace-1",
    userId: "ada",
    endUser: null,
    route: "/v1/chat/completions",
    modelRequested: "claude-sonnet-4-5",
    modelUsed: "claude-sonnet-4-5-20250929",
    deployment: "claude-sonnet-4-5/0",
    attempts: 1,
    status: 200,
    errorType: null,
    inputTokens: 10,
    outputTokens: 7,
    cacheReadTokens: 4,
    cacheWriteTokens: 3,
    cacheWrite1hTokens: 1,
    isUsageEstimated: false,
    costNanoUsd: 147_450,
    latencyMs: 12,
    ttftMs: 5,
    isStream: true,
    userAgent: "tests",
    actor: null,
    target: null,
    changed: null,
    ...props,
  };
}

import type { AuditRow, Intent } from "../../ports/audit-log";

/** An intent whose row has only what differs from `EMPTY`. */
type ShortIntent = Omit<Intent, "row"> & { readonly row: Partial<AuditRow> };

/** Intents as text: a request that is about to be sent knows little yet, and members that say nothing would be most of it. */
export function encodeIntents(intents: readonly Intent[]): string {
  return JSON.stringify(intents.map((intent): ShortIntent => ({ ...intent, row: shorten(intent.row) })));
}

/** @param text of `encodeIntents` */
export function decodeIntents(text: string): Intent[] {
  return (JSON.parse(text) as ShortIntent[]).map((intent) => {
    const row = { ...EMPTY, ...intent.row } as AuditRow;
    return { ...intent, row: { ...row, startedAt: new Date(row.startedAt) } };
  });
}

function shorten(row: AuditRow): Partial<AuditRow> {
  const short: Record<string, unknown> = {};
  for (const name in row) {
    const value = row[name as keyof AuditRow];
    if (value !== EMPTY[name as keyof typeof EMPTY]) short[name] = value;
  }
  return short;
}

/** What a row has when nothing is known. */
const EMPTY = {
  keyId: null,
  keyHash: null,
  keyAlias: null,
  userId: null,
  workspace: null,
  scope: null,
  endUser: null,
  modelRequested: null,
  modelUsed: null,
  deployment: null,
  attempts: 0,
  errorType: null,
  inputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  webSearches: 0,
  isUsageEstimated: false,
  costNanoUsd: 0,
  ttftMs: null,
  isStream: false,
  userAgent: null,
  client: null,
  sessionId: null,
  enforcementLevel: null,
  promptHash: null,
  actor: null,
  target: null,
  changed: null,
  repeats: 0,
} satisfies Partial<AuditRow>;

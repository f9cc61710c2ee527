import type { AuditRow } from "./audit-log";

/** From `from` up to, not including, `to`. Both are midnights in UTC: sums are kept by day. */
export interface SpendPeriod {
  readonly from: Date;
  readonly to: Date;
}

/** Which requests; conditions add up. */
export interface SpendFilter {
  readonly keyId?: string | undefined;
  /** SHA-256 of a key, also of one that was deleted or replaced. */
  readonly keyHash?: string | undefined;
  readonly userId?: string | undefined;
  /** UUID. */
  readonly requestId?: string | undefined;
  readonly period?: SpendPeriod | undefined;
}

/** One request that asked for a model: its audit row, without what only tells of management calls and of the caller's kind. */
export type SpendLog = Omit<
  AuditRow,
  "callerKind" | "isStream" | "userAgent" | "actor" | "target" | "changed"
>;

/** What can be told apart in a report. */
export type SpendDimension = "key" | "user" | "model" | "day";

/** Sums of the requests that have the same value of a dimension. */
export interface SpendGroup {
  /** Key hash, user id, model name or `YYYY-MM-DD` in UTC; `null` for requests without one. */
  readonly value: string | null;
  /** Alias of the key; `null` for other dimensions. */
  readonly keyAlias: string | null;
  readonly spentNanoUsd: number;
  readonly requests: number;
  /** Those from and to the cache are among them. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** Groups of a report, and the sum of those beyond its limit. */
export interface SpendReport {
  readonly groups: readonly SpendGroup[];
  readonly leftOff: { readonly groups: number; readonly spentNanoUsd: number };
}

/** What one key of one user spent on one model on one day. */
export interface DailySpend {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly keyHash: string | null;
  readonly userId: string | null;
  readonly model: string | null;
  readonly spentNanoUsd: number;
}

/** A request's place among all, newest first; of two in one millisecond the one with the larger id comes first. */
export interface SpendPlace {
  readonly startedAt: Date;
  readonly requestId: string;
}

/** Rows that one answer holds at most, and where they begin: after so many, or after a place. */
export type SpendPage = { readonly limit: number } & (
  | { readonly offset: number }
  | { readonly after: SpendPlace }
);

/**
 * Reports that the database works on at the same time for one gateway; there are several gateways, and more would take its processors
 * from requests.
 */
export const REPORTS_AT_ONCE = 1;

/** A report took longer than a report may. */
export class ReportTooSlowError extends Error {
  override readonly name = "ReportTooSlowError";
}

/**
 * What was spent, in nano-USD. Sums of a key or user count from its baseline; reports count requests. Sums stay when the rows of the
 * requests are gone.
 * Every method may throw StoreUnavailableError. `logs`, `daily`, `report` and `total` are reports: they may also throw ReportTooSlowError, and
 * may come from a replica that is a little behind, so that nothing may be decided by them.
 */
export interface SpendReader {
  /** Key id → what it has spent; a key without requests may be missing. */
  byKeys(keyIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** User id → what all keys of the user have spent; a user without requests may be missing. */
  byUsers(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Newest first, see `SpendPlace`. */
  logs(filter: SpendFilter, page: SpendPage): Promise<readonly SpendLog[]>;
  /** Oldest day first, in parts that each hold whole days, read as they are asked for. Nothing is left off. */
  daily(filter: SpendFilter & { readonly period: SpendPeriod }): AsyncIterable<readonly DailySpend[]>;
  /** Largest spend first, days in their order; at most `limit` groups. */
  report(dimension: SpendDimension, period: SpendPeriod, limit: number): Promise<SpendReport>;
  total(period: SpendPeriod): Promise<number>;
}

/** Where the sum of a key or user begins. */
export interface SpendBaselines {
  /** From now on the key or user counts as having spent `spentNanoUsd`. @throws StoreUnavailableError */
  set(scope: "key" | "user", id: string, spentNanoUsd: number): Promise<void>;
}

import type { BudgetId } from "./budget-store";

/** What is kept of one request: who, what, how it ended, what it cost. Never any content. */
export interface AuditRow {
  /** UUID; the caller sees it as `x-request-id`. Writing the same request twice keeps one row. */
  readonly requestId: string;
  readonly startedAt: Date;
  readonly callerKind: "master" | "token" | "key";
  /** `null` for the master key. */
  readonly keyId: string | null;
  readonly keyHash: string | null;
  readonly keyAlias: string | null;
  readonly userId: string | null;
  /** Id of the workspace that the key belongs to, from its metadata. */
  readonly workspace: string | null;
  /** What the key was made for, such as `workspace:<id>` or `ci:<repository>`, from its metadata. */
  readonly scope: string | null;
  /** The `user` field of the body: the caller's own customer. */
  readonly endUser: string | null;
  /** Route pattern, such as `/v1/chat/completions`. */
  readonly route: string;
  readonly modelRequested: string | null;
  /** The provider's name of the model that answered. */
  readonly modelUsed: string | null;
  /** The deployment that answered, or the last that was asked. */
  readonly deployment: string | null;
  /** Deployments that were asked; more than one after a failover. */
  readonly attempts: number;
  /** HTTP status; 499 when the client went away. A failed stream has the status of its failure, not 200. */
  readonly status: number;
  readonly errorType: string | null;
  /** Tokens read from the prompt, without those from or to the cache. All counts are of every deployment that was asked. */
  readonly inputTokens: number;
  /** Those for thinking are among them. */
  readonly outputTokens: number;
  /** The part of `outputTokens` that the model spent on thinking; 0 when the provider does not say. */
  readonly reasoningTokens: number;
  readonly cacheReadTokens: number;
  /** For 5 minutes and for an hour together. */
  readonly cacheWriteTokens: number;
  /** The part of `cacheWriteTokens` that is kept for an hour. */
  readonly cacheWrite1hTokens: number;
  /** Searches of the web that the provider made and bills one by one. */
  readonly webSearches: number;
  /** Whether a part of the tokens is an estimate, because the provider did not say what it bills. */
  readonly isUsageEstimated: boolean;
  /** Of every deployment that was asked, at its own prices. `null` when one has no price. */
  readonly costNanoUsd: number | null;
  readonly latencyMs: number;
  /** Time to the first content; `null` when there was none. */
  readonly ttftMs: number | null;
  readonly isStream: boolean;
  readonly userAgent: string | null;
  /** The program behind it, such as `claude-code/2.1.330`. */
  readonly client: string | null;
  /** The client's own id of the conversation. */
  readonly sessionId: string | null;
  /** Enforcement level of the request, such as `standard`. `null`: not decided when the request ended. */
  readonly enforcementLevel: string | null;
  /** SHA-256 of the prompt that was enforced. `null`: none. */
  readonly promptHash: string | null;
  /** Name of the admin token that a management call was made with. */
  readonly actor: string | null;
  /** What a management call was about, such as `key <key id>`; several are parted by commas. Never a secret. */
  readonly target: string | null;
  /** Names of the fields that a management call set. */
  readonly changed: string | null;
  /** Requests like this one, of the same key and minute, that this row stands for beside its own; see `UnsentRows`. */
  readonly repeats: number;
}

/** A request that is about to be sent, so that a crash can be accounted for. */
export interface Intent {
  readonly requestId: string;
  readonly owner: string;
  /** Each is charged the whole cost. */
  readonly budgets: readonly BudgetId[];
  /** The most it can cost, in nano-USD; what is charged when its end is never known. */
  readonly reservedNano: number;
  /** The row as far as it is known. */
  readonly row: AuditRow;
}

/** The row was not durable in time. It stays queued and is written when that is possible again. */
export class AuditNotCommittedError extends Error {
  override readonly name = "AuditNotCommittedError";
}

/** Room for exactly one row. */
export interface AuditEntry {
  /**
   * Resolves when it is durable that the request is about to cost money. Before `commit`, at most once.
   * @throws AuditNotCommittedError after the log's own time limit, or when its owner is not known any more
   */
  begin(intent: Intent): Promise<void>;
  /**
   * Resolves when the row is durable. After `begin` the row's cost is taken from the budgets in the same
   * transaction; `onDurable` then runs, also when that is after the time limit.
   * @param unreserved budgets that are charged as well although nothing was reserved in them, where they are in use
   * @throws AuditNotCommittedError after the log's own time limit
   */
  commit(row: AuditRow, onDurable?: () => void, unreserved?: readonly BudgetId[]): Promise<void>;
  /** Gives the room back without a row; does nothing after `commit`. */
  discard(): void;
}

/** Where audit rows go. */
export interface AuditLog {
  /** Takes room for a row before work starts; `undefined` when a row could not be made durable now, or the queue is full. */
  open(): AuditEntry | undefined;
  /** Whether `open` would give an entry. */
  readonly isAccepting: boolean;
  /** Bytes in a local journal that are still to be replayed. @default - there is no journal */
  readonly journalBytes?: number;
  /** Waits until every row handed over is durable, at most `timeoutMs`. @returns the number of rows still not written */
  flush(timeoutMs: number): Promise<number>;
}

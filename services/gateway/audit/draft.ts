import type { IncomingHttpHeaders } from "node:http";
import { auditNotCommitted, auditUnavailable, clientClosed, type GatewayError } from "../errors";
import type { Reservation } from "../ledger/reservation";
import type { MessageProgress } from "../messages/progress";
import { settleUsage } from "../messages/settle-usage";
import { NO_USAGE, type TokenUsage } from "../messages/usage";
import type { Caller } from "../plugins/auth";
import { type AuditEntry, AuditNotCommittedError, type AuditRow } from "../ports/audit-log";
import type { Clock } from "../ports/clock";
import { computeCostNanoUsd } from "../pricing/cost";
import type { Deployment } from "../routing/deployment";
import { boundedText } from "./bounded-text";
import { clientOf } from "./client-of";
import { scopeOf } from "./key-scope";
import { sessionInHeaders, sessionInMetadata } from "./session-id";

/** What is known of a request before anything is done for it. */
export interface DraftOrigin {
  readonly requestId: string;
  readonly route: string;
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
}

/** The audit row of a running request. Filled in on the way, committed exactly once. */
export class AuditDraft {
  readonly #startedAt: number;
  #model: { requested: string | null; used: string | null; deployment: Deployment | undefined } = {
    requested: null,
    used: null,
    deployment: undefined,
  };
  #endUser: string | null = null;
  #sessionId: string | null;
  #policy: { level: string | null; promptHash: string | null } = { level: null, promptHash: null };
  #isStream = false;
  #attempts = 0;
  #maxTokens = 0;
  #usage: TokenUsage = NO_USAGE;
  #isUsageEstimated = false;
  #ttftMs: number | null = null;
  #errorType: string | null = null;
  #isSent = false;
  #change: { target: string; fields: string } | undefined;
  #isCommitted = false;
  #reservation: Reservation | undefined;
  /** Whether the route's handler has taken over: from then on it sees to the row, however the request ends. */
  isHandled = false;

  constructor(
    readonly origin: DraftOrigin,
    readonly entry: AuditEntry,
    readonly clock: Clock,
    /** Sees the row that is committed. */
    readonly onRow: (row: AuditRow) => void,
  ) {
    this.#startedAt = clock.now();
    this.#sessionId = sessionInHeaders(origin.headers);
  }

  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  recordRequest(model: string, isStream: boolean, endUser: unknown): void {
    this.#model.requested = boundedText(model, 200);
    this.#isStream = isStream;
    this.#endUser = boundedText(endUser, 200);
  }

  /** What the body says of the conversation; a header that names it goes before. */
  recordMetadata(metadata: unknown): void {
    this.#sessionId ??= sessionInMetadata(metadata);
  }

  /** Which working rules hold. @param promptHash SHA-256 of the enforced prompt; `null` when there is none */
  recordPolicy(level: string, promptHash: string | null): void {
    this.#policy = { level: boundedText(level, 100), promptHash: boundedText(promptHash, 100) };
  }

  /**
   * A deployment is asked; what an earlier one reported no longer counts.
   * @param attempts this one included
   * @param maxTokens most output tokens it is asked for
   */
  recordDeployment(deployment: Deployment, attempts: number, maxTokens: number): void {
    this.#attempts = attempts;
    this.#maxTokens = maxTokens;
    this.#usage = NO_USAGE;
    this.#isUsageEstimated = false;
    this.#model.deployment = deployment;
    this.#model.used = deployment.upstreamModel;
  }

  /** Takes over what the provider has reported so far. */
  recordMessage(progress: MessageProgress): void {
    const { usage, isEstimated } = settleUsage(progress, this.#maxTokens);
    this.#usage = usage;
    this.#isUsageEstimated = isEstimated;
    if (progress.upstreamModel !== null) this.#model.used = boundedText(progress.upstreamModel, 200);
  }

  /** The provider is about to be asked: from here on the request counts for limits, whatever comes of it. */
  recordSent(): void {
    this.#isSent = true;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** Counters reported so far, in tokens. */
  get usage(): TokenUsage {
    return this.#usage;
  }

  /** What the usage so far costs, in nano-USD. `null`: the deployment has no price. */
  get costNanoUsd(): number | null {
    return this.#cost(this.#model.deployment);
  }

  recordFirstContent(): void {
    this.#ttftMs ??= this.#elapsedMs();
  }

  /**
   * What a management call is about. @param target such as `key <key id>`
   * @param fields names of the fields it sets
   */
  recordChange(target: string, fields: readonly string[] = []): void {
    this.#change = { target, fields: fields.join(", ") };
  }

  recordError(error: GatewayError): void {
    this.#errorType = error.type;
  }

  get modelRequested(): string | null {
    return this.#model.requested;
  }

  get endUser(): string | null {
    return this.#endUser;
  }

  /** When the request came, in milliseconds since 1970. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /**
   * Takes over a reservation: from here on the commit of the row settles it, however the request ends. Resolves
   * when it is durable that money is about to be spent.
   * @throws GatewayError 503 when that cannot be made durable
   */
  async beginSpending(reservation: Reservation): Promise<void> {
    // The client may have gone while the reservation was waited for, and its row with it.
    if (this.#isCommitted) {
      reservation.settle(0);
      throw clientClosed();
    }
    this.#reservation = reservation;
    try {
      await this.entry.begin(reservation.toIntent(this.#toRow(500)));
    } catch (error) {
      throw error instanceof AuditNotCommittedError ? auditUnavailable() : error;
    }
  }

  /**
   * Makes the row durable. Later calls do nothing: the first one decides.
   * @throws GatewayError 503 when the row was not durable in time; it is still written later
   */
  async commit(status: number): Promise<void> {
    if (this.#isCommitted) return;
    this.#isCommitted = true;
    try {
      const row = this.#toRow(status);
      this.onRow(row);
      await this.entry.commit(row, () => this.#reservation?.settle(row.costNanoUsd ?? 0));
    } catch (error) {
      throw error instanceof AuditNotCommittedError ? auditNotCommitted() : error;
    }
  }

  #elapsedMs(): number {
    return Math.max(0, Math.round(this.clock.now() - this.#startedAt));
  }

  #toRow(status: number): AuditRow {
    const { requestId, route, caller, headers } = this.origin;
    const userAgent = headers["user-agent"];
    const key = caller.kind === "key" ? caller.key : undefined;
    const { requested, used, deployment } = this.#model;
    return {
      requestId,
      startedAt: new Date(this.#startedAt),
      callerKind: caller.kind,
      keyId: key?.keyId ?? null,
      keyHash: key?.tokenHash ?? null,
      keyAlias: key?.keyAlias ?? null,
      userId: key?.userId ?? null,
      ...scopeOf(key),
      endUser: this.#endUser,
      route,
      modelRequested: requested,
      modelUsed: used,
      deployment: deployment?.id ?? null,
      attempts: this.#attempts,
      status,
      errorType: this.#errorType,
      inputTokens: this.#usage.inputTokens,
      outputTokens: this.#usage.outputTokens,
      reasoningTokens: this.#usage.thinkingTokens,
      cacheReadTokens: this.#usage.cacheReadTokens,
      cacheWriteTokens: this.#usage.cacheWriteTokens,
      cacheWrite1hTokens: this.#usage.cacheWrite1hTokens,
      isUsageEstimated: this.#isUsageEstimated,
      costNanoUsd: this.costNanoUsd,
      latencyMs: this.#elapsedMs(),
      ttftMs: this.#ttftMs,
      isStream: this.#isStream,
      userAgent: boundedText(userAgent, 200),
      client: clientOf(userAgent),
      sessionId: this.#sessionId,
      enforcementLevel: this.#policy.level,
      promptHash: this.#policy.promptHash,
      actor: caller.kind === "token" ? caller.token.name : null,
      target: this.#change?.target ?? null,
      changed: this.#change?.fields || null,
    };
  }

  /** Nothing was asked of a provider: nothing was spent. No price: nobody knows. */
  #cost(deployment: Deployment | undefined): number | null {
    if (deployment === undefined) return 0;
    return deployment.prices === undefined ? null : computeCostNanoUsd(this.#usage, deployment.prices);
  }
}

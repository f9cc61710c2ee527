import type { Clock } from "../../shared/clock";
import { auditNotCommitted, auditUnavailable, clientClosed } from "../errors/catalogue";
import type { GatewayError } from "../errors/gateway-error";
import type { Reservation } from "../money/ledger/ledger";
import type { Deployment } from "../providers/deployment";
import { type AuditEntry, AuditNotCommittedError, type AuditRow } from "../store/audit-log";
import type { MessageProgress } from "../wire/internal/progress";
import type { TokenUsage } from "../wire/internal/usage";
import { AttemptBills, type BilledMessage } from "./attempt-bills";
import { boundedText, type DraftOrigin, NO_FACTS, type RequestFacts, toAuditRow } from "./audit-row";
import { sessionInBody, sessionInHeaders } from "./session-id";

/** The audit row of a running request. Filled in on the way, committed exactly once. */
export class AuditDraft {
  readonly #startedAt: number;
  readonly #facts: RequestFacts;
  readonly #bills = new AttemptBills();
  #isSent = false;
  #isCommitted = false;
  #reservation: Reservation | undefined;
  /** Whether the route's handler has taken over: from then on it commits the row, however the request ends. */
  isHandled = false;

  constructor(
    readonly origin: DraftOrigin,
    readonly entry: AuditEntry,
    readonly clock: Clock,
    /** Told of the row that is committed. */
    readonly onRow: (row: AuditRow) => void,
  ) {
    this.#startedAt = clock.now();
    this.#facts = { ...NO_FACTS, sessionId: sessionInHeaders(origin.headers) };
  }

  get isCommitted(): boolean {
    return this.#isCommitted;
  }

  recordRequest(model: string, isStream: boolean, endUser: unknown): void {
    this.#facts.modelRequested = boundedText(model, 200);
    this.#facts.isStream = isStream;
    this.#facts.endUser = boundedText(endUser, 200);
  }

  /** Records the session that the body names; a header takes precedence. */
  recordBody(body: unknown): void {
    this.#facts.sessionId ??= sessionInBody(body);
  }

  /** Which prompt is enforced. @param promptHash SHA-256 of the enforced prompt; `null` when there is none */
  recordPolicy(level: string, promptHash: string | null): void {
    this.#facts.enforcementLevel = boundedText(level, 100);
    this.#facts.promptHash = boundedText(promptHash, 100);
  }

  /**
   * A deployment is about to be asked; what earlier ones have billed stays.
   * @param attempts this one included
   * @param message `undefined`: it bills nothing
   */
  recordDeployment(deployment: Deployment, attempts: number, message: BilledMessage | undefined): void {
    this.#facts.attempts = attempts;
    this.#bills.begin(deployment, message);
    this.#facts.deployment = deployment;
    this.#facts.modelUsed = deployment.upstreamModel;
  }

  /** Records what the provider has reported so far. */
  recordMessage(progress: MessageProgress): void {
    this.#bills.record(progress);
    if (progress.upstreamModel !== null) this.#facts.modelUsed = boundedText(progress.upstreamModel, 200);
  }

  /** The provider is about to be asked: from here on the request counts for limits, whatever comes of it. */
  recordSent(): void {
    this.#isSent = true;
  }

  get isSent(): boolean {
    return this.#isSent;
  }

  /** What all deployments that were asked bill so far, in tokens. */
  get usage(): TokenUsage {
    return this.#bills.settled.usage;
  }

  /** What the usage so far costs, in nano-USD. `null`: a deployment has no price. */
  get costNanoUsd(): number | null {
    return this.#bills.costNanoUsd;
  }

  /** What is left of the reservation for another attempt, in nano-USD. `undefined`: no budget pays. */
  get leftNanoUsd(): number | undefined {
    if (this.#reservation === undefined) return undefined;
    const { amountNano } = this.#reservation;
    return Math.max(0, amountNano - (this.costNanoUsd ?? amountNano));
  }

  recordFirstContent(): void {
    this.#facts.ttftMs ??= this.#elapsedMs();
  }

  /**
   * What a management call is about. @param target such as `key <key id>`
   * @param fields names of the fields it sets
   */
  recordChange(target: string, fields: readonly string[] = []): void {
    this.#facts.change = { target, fields: fields.join(", ") };
  }

  recordError(error: GatewayError): void {
    this.#facts.errorType = error.type;
  }

  get modelRequested(): string | null {
    return this.#facts.modelRequested;
  }

  get endUser(): string | null {
    return this.#facts.endUser;
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
    return toAuditRow(this.origin, this.#facts, this.#bills.settled, {
      status,
      startedAt: new Date(this.#startedAt),
      latencyMs: this.#elapsedMs(),
      costNanoUsd: this.costNanoUsd,
    });
  }
}

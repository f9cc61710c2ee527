import type { Queryable } from "./database";

/** Something that was done about a key, or refused. No secret is ever part of it. */
export interface AuditEvent {
  readonly action:
    | "issue"
    | "reuse"
    | "revoke"
    | "rotate"
    | "adopt"
    | "level"
    | "reset_spend"
    | "coder_token"
    | "refuse";
  /** Such as `made`, `loosened`, or the code of a refusal. */
  readonly outcome: string;
  readonly alias?: string | undefined;
  /** `administrator`, `reconciliation`, `user ada`, `workspace <id>` or `unknown`. */
  readonly actor: string;
  readonly requestId?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Records an event; it is durable when the transaction, or the statement outside of one, is. */
export async function recordEvent(connection: Queryable, event: AuditEvent): Promise<void> {
  await connection.query(
    `INSERT INTO audit_events (action, outcome, alias, actor, request_id, detail) VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      event.action,
      event.outcome,
      event.alias ?? null,
      event.actor,
      event.requestId ?? null,
      JSON.stringify(event.detail ?? {}),
    ],
  );
}

/** Deletes events that are older. @param retention such as `365d`, as platform.yaml has it */
export async function deleteOldEvents(connection: Queryable, retention: string): Promise<void> {
  await connection.query("DELETE FROM audit_events WHERE at < now() - $1::interval", [
    retention.replace(/mo$/, " months"),
  ]);
}

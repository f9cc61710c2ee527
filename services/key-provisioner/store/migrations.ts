/** One step of the schema. A released step is never edited; a change is a new step. */
interface Migration {
  /** Grows from step to step. */
  readonly version: number;
  readonly name: string;
  /** Run in one transaction with the note that the step was done. */
  readonly sql: string;
}

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "keys and audit",
    // `secret` is the key in force, `next_secret` one that the gateway may or may not have taken yet. Both are encrypted.
    sql: `
      CREATE TABLE issued_keys (
        alias                  text PRIMARY KEY,
        kind                   text NOT NULL CHECK (kind IN ('workspace', 'user', 'ci', 'agent')),
        subject                text NOT NULL,
        owner                  text,
        owner_id               text,
        gateway_key_id         text,
        secret                 bytea,
        next_secret            bytea,
        carried_spend_usd      double precision,
        permitted_level        text,
        hidden_since           timestamptz,
        created_at             timestamptz NOT NULL DEFAULT now(),
        updated_at             timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX issued_keys_by_kind ON issued_keys (kind);

      CREATE TABLE audit_events (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at         timestamptz NOT NULL DEFAULT now(),
        action     text NOT NULL,
        outcome    text NOT NULL,
        alias      text,
        actor      text NOT NULL,
        request_id text,
        detail     jsonb NOT NULL DEFAULT '{}'
      );
      CREATE INDEX audit_events_by_time ON audit_events (at);

      CREATE TABLE coder_token (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        token   bytea NOT NULL,
        set_at  timestamptz NOT NULL DEFAULT now()
      );`,
  },
  {
    version: 2,
    name: "metadata of a key whose place the next one takes",
    sql: "ALTER TABLE issued_keys ADD COLUMN carried_metadata jsonb",
  },
];

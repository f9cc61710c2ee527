import type { Migration } from "./migration";

/**
 * Money is integer nano-USD. `version` grows with every change of a key, so that a replica can ask for what it
 * missed; a deleted key keeps its row, because audit rows refer to it and its hash must never come back.
 * The audit key holds `started_at` too, because the table is partitioned by it: `audit-partitions.ts` makes and drops months.
 */
export const keysAndAudit: Migration = {
  version: 1,
  name: "keys-and-audit",
  sql: `
    CREATE SEQUENCE virtual_keys_version;

    CREATE TABLE virtual_keys (
      key_id                uuid PRIMARY KEY,
      token_hash            text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
      key_name              text NOT NULL,
      key_alias             text,
      user_id               text,
      models                text[] NOT NULL DEFAULT '{}',
      metadata              jsonb NOT NULL DEFAULT '{}',
      expires_at            timestamptz,
      is_blocked            boolean NOT NULL DEFAULT false,
      max_budget_nano_usd   bigint CHECK (max_budget_nano_usd >= 0),
      budget_duration       text,
      rpm_limit             bigint CHECK (rpm_limit >= 0),
      tpm_limit             bigint CHECK (tpm_limit >= 0),
      max_parallel_requests bigint CHECK (max_parallel_requests >= 0),
      created_at            timestamptz NOT NULL DEFAULT now(),
      updated_at            timestamptz NOT NULL DEFAULT now(),
      created_by            text NOT NULL,
      deleted_at            timestamptz,
      version               bigint NOT NULL
    );
    CREATE UNIQUE INDEX virtual_keys_alias ON virtual_keys (key_alias) WHERE deleted_at IS NULL;
    CREATE INDEX virtual_keys_by_version ON virtual_keys (version);

    CREATE TABLE audit_log (
      request_id         uuid NOT NULL,
      started_at         timestamptz NOT NULL,
      caller_kind        text NOT NULL,
      key_id             uuid,
      key_hash           text,
      key_alias          text,
      user_id            text,
      end_user           text,
      route              text NOT NULL,
      model_requested    text,
      model_used         text,
      deployment         text,
      status             integer NOT NULL,
      error_type         text,
      input_tokens       bigint NOT NULL,
      output_tokens      bigint NOT NULL,
      cache_read_tokens  bigint NOT NULL,
      cache_write_tokens bigint NOT NULL,
      cost_nano_usd      bigint,
      latency_ms         integer NOT NULL,
      ttft_ms            integer,
      is_stream          boolean NOT NULL,
      user_agent         text,
      PRIMARY KEY (request_id, started_at)
    ) PARTITION BY RANGE (started_at);
    -- Takes a row that no month has: a write must not fail because a partition is missing.
    CREATE TABLE audit_log_other PARTITION OF audit_log DEFAULT;
    CREATE INDEX audit_log_by_key ON audit_log (key_id, started_at);
    CREATE INDEX audit_log_by_time ON audit_log (started_at);
  `,
};

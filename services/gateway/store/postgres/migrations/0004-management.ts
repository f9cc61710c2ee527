import type { Migration } from "./migration";

/**
 * Users, budgets and admin tokens are replicated as keys are: `version` grows with every change, a deleted row
 * stays. A hash that a rotation retired is kept, so that a replaced key never comes back by another way.
 * `spend_baselines` moves the zero point of a sum over `audit_log`; the rows themselves are never touched.
 */
export const management: Migration = {
  version: 4,
  name: "management",
  sql: `
    ALTER TABLE virtual_keys
      ADD COLUMN budget_id            text,
      ADD COLUMN updated_by           text,
      ADD COLUMN previous_token_hash  text,
      ADD COLUMN previous_valid_until timestamptz;
    UPDATE virtual_keys SET updated_by = created_by;
    ALTER TABLE virtual_keys ALTER COLUMN updated_by SET NOT NULL;

    CREATE TABLE retired_key_hashes (
      token_hash text PRIMARY KEY,
      key_id     uuid NOT NULL,
      retired_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE SEQUENCE users_version;
    CREATE TABLE users (
      user_id               text PRIMARY KEY,
      user_email            text,
      user_alias            text,
      user_role             text,
      models                text[] NOT NULL DEFAULT '{}',
      metadata              jsonb NOT NULL DEFAULT '{}',
      max_budget_nano_usd   bigint CHECK (max_budget_nano_usd >= 0),
      budget_duration       text,
      budget_id             text,
      rpm_limit             bigint CHECK (rpm_limit >= 0),
      tpm_limit             bigint CHECK (tpm_limit >= 0),
      max_parallel_requests bigint CHECK (max_parallel_requests >= 0),
      created_at            timestamptz NOT NULL DEFAULT now(),
      updated_at            timestamptz NOT NULL DEFAULT now(),
      created_by            text NOT NULL,
      updated_by            text NOT NULL,
      deleted_at            timestamptz,
      version               bigint NOT NULL
    );
    CREATE UNIQUE INDEX users_email ON users (lower(user_email)) WHERE deleted_at IS NULL;
    CREATE INDEX users_by_version ON users (version);

    CREATE SEQUENCE named_budgets_version;
    CREATE TABLE named_budgets (
      budget_id             text PRIMARY KEY,
      max_budget_nano_usd   bigint CHECK (max_budget_nano_usd >= 0),
      soft_budget_nano_usd  bigint CHECK (soft_budget_nano_usd >= 0),
      budget_duration       text,
      rpm_limit             bigint CHECK (rpm_limit >= 0),
      tpm_limit             bigint CHECK (tpm_limit >= 0),
      max_parallel_requests bigint CHECK (max_parallel_requests >= 0),
      created_at            timestamptz NOT NULL DEFAULT now(),
      updated_at            timestamptz NOT NULL DEFAULT now(),
      created_by            text NOT NULL,
      updated_by            text NOT NULL,
      deleted_at            timestamptz,
      version               bigint NOT NULL
    );
    CREATE INDEX named_budgets_by_version ON named_budgets (version);

    CREATE SEQUENCE admin_tokens_version;
    CREATE TABLE admin_tokens (
      token_id    uuid PRIMARY KEY,
      token_hash  text NOT NULL UNIQUE CHECK (token_hash ~ '^[0-9a-f]{64}$'),
      token_name  text NOT NULL,
      name        text NOT NULL,
      role        text NOT NULL CHECK (role IN ('admin', 'auditor', 'provisioner')),
      expires_at  timestamptz,
      created_at  timestamptz NOT NULL DEFAULT now(),
      created_by  text NOT NULL,
      deleted_at  timestamptz,
      version     bigint NOT NULL
    );
    CREATE UNIQUE INDEX admin_tokens_by_name ON admin_tokens (name) WHERE deleted_at IS NULL;
    CREATE INDEX admin_tokens_by_version ON admin_tokens (version);

    CREATE TABLE spend_baselines (
      scope           text NOT NULL CHECK (scope IN ('key', 'user')),
      id              text NOT NULL,
      adjust_nano_usd bigint NOT NULL,
      set_at          timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (scope, id)
    );

    ALTER TABLE audit_log
      ADD COLUMN actor   text,
      ADD COLUMN target  text,
      ADD COLUMN changed text;
    CREATE INDEX audit_log_by_user ON audit_log (user_id, started_at);
  `,
};

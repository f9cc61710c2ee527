import type { Migration } from "./migration";

/**
 * Money that is spent, and money that gateways hold. For every budget: `leased_nano_usd` is the sum of its rows
 * in `budget_leases`, and `spent + leased ≤ limit` holds whenever a lease is given out. A lease or an intent
 * cannot be written for an owner whose row is gone: that is what keeps a gateway that was given up for dead from
 * spending on. Amounts have no lower bound on purpose: a provider that bills more than was reserved must not
 * make its row impossible to write.
 */
export const ledger: Migration = {
  version: 2,
  name: "ledger",
  sql: `
    CREATE TABLE budgets (
      account             text NOT NULL,
      period              text NOT NULL,
      spent_nano_usd      bigint NOT NULL DEFAULT 0,
      leased_nano_usd     bigint NOT NULL DEFAULT 0,
      last_grant_nano_usd bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (account, period)
    ) WITH (fillfactor = 70);

    CREATE TABLE ledger_owners (
      owner      uuid PRIMARY KEY,
      expires_at timestamptz NOT NULL
    );

    CREATE TABLE budget_leases (
      owner           uuid NOT NULL REFERENCES ledger_owners,
      account         text NOT NULL,
      period          text NOT NULL,
      amount_nano_usd bigint NOT NULL,
      PRIMARY KEY (owner, account, period)
    ) WITH (fillfactor = 70);

    CREATE TABLE budget_intents (
      request_id        uuid PRIMARY KEY,
      owner             uuid NOT NULL REFERENCES ledger_owners,
      budgets           jsonb NOT NULL,
      reserved_nano_usd bigint NOT NULL,
      audit_row         jsonb NOT NULL
    );
    CREATE INDEX budget_intents_by_owner ON budget_intents (owner);
  `,
};

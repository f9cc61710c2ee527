import type { Migration } from "./migration";

/**
 * What is spent stands with the lease that it was spent from, so that a commit changes rows of its own gateway only;
 * it is folded into the budget whenever the lease changes. So at any time: spent of a budget = `budgets.spent_nano_usd` + the
 * sum of its leases' `spent_nano_usd`, and `budgets.leased_nano_usd` = the sum of their `amount_nano_usd`, of which what was spent is a part.
 * Intents are kept in batches, as JSON text that is read only after a crash.
 */
export const leaseSpend: Migration = {
  version: 7,
  name: "lease-spend",
  sql: `
    ALTER TABLE budgets DROP COLUMN last_grant_nano_usd;
    ALTER TABLE budget_leases ADD COLUMN spent_nano_usd bigint NOT NULL DEFAULT 0;
    CREATE INDEX budget_leases_by_budget ON budget_leases (account, period);

    CREATE TABLE intent_batches (
      owner   uuid NOT NULL REFERENCES ledger_owners,
      batch   bigint NOT NULL,
      intents text NOT NULL,
      PRIMARY KEY (owner, batch)
    );
    INSERT INTO intent_batches
      SELECT owner, 0, jsonb_agg(jsonb_build_object('requestId', request_id, 'owner', owner, 'budgets', budgets,
                                 'reservedNano', reserved_nano_usd, 'row', audit_row))::text
        FROM budget_intents GROUP BY owner;
    DROP TABLE budget_intents;

    -- Folds what was spent from a lease into its budget, and makes the lease larger or smaller. The budget's row is locked first.
    CREATE FUNCTION fold_lease(p_owner uuid, p_account text, p_period text, p_change bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      folded bigint;
    BEGIN
      PERFORM FROM budgets WHERE account = p_account AND period = p_period FOR NO KEY UPDATE;
      SELECT spent_nano_usd INTO folded FROM budget_leases
       WHERE owner = p_owner AND account = p_account AND period = p_period FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        folded := 0;
        INSERT INTO budget_leases (owner, account, period, amount_nano_usd) VALUES (p_owner, p_account, p_period, p_change);
      ELSE
        UPDATE budget_leases SET amount_nano_usd = amount_nano_usd - folded + p_change, spent_nano_usd = 0
         WHERE owner = p_owner AND account = p_account AND period = p_period;
      END IF;
      UPDATE budgets SET spent_nano_usd = spent_nano_usd + folded, leased_nano_usd = leased_nano_usd - folded + p_change
       WHERE account = p_account AND period = p_period;
    END $$;

    -- What was spent from leases is forgotten; what is left of them stays leased.
    CREATE FUNCTION set_spent(p_account text, p_period text, p_spent bigint) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      unfolded bigint;
    BEGIN
      INSERT INTO budgets (account, period) VALUES (p_account, p_period) ON CONFLICT DO NOTHING;
      PERFORM FROM budgets WHERE account = p_account AND period = p_period FOR NO KEY UPDATE;
      WITH locked AS (
        SELECT spent_nano_usd FROM budget_leases WHERE account = p_account AND period = p_period ORDER BY owner FOR NO KEY UPDATE
      )
      SELECT coalesce(sum(spent_nano_usd), 0) INTO unfolded FROM locked;
      UPDATE budget_leases SET amount_nano_usd = amount_nano_usd - spent_nano_usd, spent_nano_usd = 0
       WHERE account = p_account AND period = p_period;
      UPDATE budgets SET spent_nano_usd = p_spent, leased_nano_usd = leased_nano_usd - unfolded
       WHERE account = p_account AND period = p_period;
    END $$;

    -- Gives room to one gateway, or nothing; see LeaseRequest for the amounts. The owner is locked first: one that was
    -- ended gets nothing, and one that gets something cannot be ended meanwhile. granted is null for a budget that is not there.
    CREATE FUNCTION acquire_lease(
      p_owner uuid, p_account text, p_period text, p_limit bigint,
      p_full bigint, p_ample bigint, p_least bigint, p_end bigint, p_want bigint,
      OUT granted bigint, OUT total_spent bigint, OUT total_leased bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
      room bigint;
      unfolded bigint;
    BEGIN
      PERFORM FROM ledger_owners WHERE owner = p_owner FOR KEY SHARE;
      IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'the owner was ended';
      END IF;
      SELECT spent_nano_usd, leased_nano_usd INTO total_spent, total_leased FROM budgets
       WHERE account = p_account AND period = p_period FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        RETURN;
      END IF;
      SELECT coalesce(sum(spent_nano_usd), 0) INTO unfolded FROM budget_leases WHERE account = p_account AND period = p_period;
      room := p_limit - total_spent - total_leased;
      total_spent := total_spent + unfolded;
      granted := CASE
        WHEN p_full > 0 AND room >= p_full THEN greatest(p_full, least(p_want, room / 16))
        WHEN room <= 0 THEN 0
        WHEN room >= p_ample THEN greatest(p_ample, least(p_full, room / 4), 0)
        WHEN room >= p_least AND p_limit - total_spent < p_end THEN room
        ELSE 0 END;
      total_leased := total_leased - unfolded + granted;
      IF granted > 0 THEN
        PERFORM fold_lease(p_owner, p_account, p_period, granted);
      END IF;
    END $$;
  `,
};

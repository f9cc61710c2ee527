import type { Migration } from "./migration";

/**
 * A request whose gateway was given up for dead is charged what was reserved, until its own row comes: `lost_at` and
 * `lost_cost_nano_usd` stay in the row and tell that and how much. `budgets.set_at` is when spend was last set: what was charged
 * before that is forgotten, and so is any correction of it.
 *
 * A lease from which more was spent than it holds takes the difference from the budget's room, not only from its own.
 */
export const lostAndOverspent: Migration = {
  version: 8,
  name: "lost-and-overspent",
  sql: `
    ALTER TABLE audit_log
      ADD COLUMN lost_at            timestamptz,
      ADD COLUMN lost_cost_nano_usd bigint;
    ALTER TABLE budgets
      ADD COLUMN created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      ADD COLUMN set_at     timestamptz;

    -- What was spent from leases is forgotten; what is left of them stays leased.
    CREATE OR REPLACE FUNCTION set_spent(p_account text, p_period text, p_spent bigint) RETURNS void LANGUAGE plpgsql AS $$
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
      UPDATE budgets SET spent_nano_usd = p_spent, leased_nano_usd = leased_nano_usd - unfolded, set_at = clock_timestamp()
       WHERE account = p_account AND period = p_period;
    END $$;

    -- As before, but a lease that is below zero gives no room to others.
    CREATE OR REPLACE FUNCTION acquire_lease(
      p_owner uuid, p_account text, p_period text, p_limit bigint,
      p_full bigint, p_ample bigint, p_least bigint, p_end bigint, p_want bigint,
      OUT granted bigint, OUT total_spent bigint, OUT total_leased bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
      room bigint;
      unfolded bigint;
      overspent bigint;
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
      SELECT coalesce(sum(spent_nano_usd), 0), coalesce(sum(greatest(spent_nano_usd - amount_nano_usd, 0)), 0)
        INTO unfolded, overspent FROM budget_leases WHERE account = p_account AND period = p_period;
      room := p_limit - total_spent - total_leased - overspent;
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

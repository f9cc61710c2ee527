import type { Migration } from "./migration";

/**
 * Leases on several budgets in one statement. The owner is locked first, then all the budgets, then all the leases, each in the order in
 * which everybody locks them; what follows for each budget needs no lock that is not held already.
 */
export const leasesTogether: Migration = {
  version: 17,
  name: "leases-together",
  sql: `
    -- One row after the other, by its key: whatever the planner believes of the tables, it cannot read them whole.
    CREATE FUNCTION lock_leases(p_owner uuid, p_accounts text[], p_periods text[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
      one record;
    BEGIN
      FOR one IN
        SELECT u.account, u.period FROM unnest(p_accounts, p_periods) AS u (account, period) ORDER BY u.account, u.period
      LOOP
        PERFORM FROM budgets WHERE account = one.account AND period = one.period FOR NO KEY UPDATE;
        IF NOT FOUND AND one.account LIKE 'parallel:%' THEN
          -- Places for parallel requests begin with nothing, so nobody has to add anything up.
          INSERT INTO budgets (account, period) VALUES (one.account, one.period) ON CONFLICT DO NOTHING;
          PERFORM FROM budgets WHERE account = one.account AND period = one.period FOR NO KEY UPDATE;
        END IF;
      END LOOP;
      FOR one IN
        SELECT u.account, u.period FROM unnest(p_accounts, p_periods) AS u (account, period) ORDER BY u.account, u.period
      LOOP
        PERFORM FROM budget_leases
          WHERE owner = p_owner AND account = one.account AND period = one.period FOR NO KEY UPDATE;
      END LOOP;
    END $$;

    -- What a row cost is spent from a lease. Whether there is one.
    CREATE FUNCTION spend_from_lease(p_owner uuid, p_account text, p_period text, p_cost bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE budget_leases SET spent_nano_usd = spent_nano_usd + p_cost
       WHERE owner = p_owner AND account = p_account AND period = p_period;
      RETURN FOUND;
    END $$;

    -- acquire_lease for each of several budgets. others: what other owners hold and have not spent.
    CREATE FUNCTION acquire_leases(
      p_owner uuid, p_accounts text[], p_periods text[], p_limits bigint[],
      p_fulls bigint[], p_amples bigint[], p_leasts bigint[], p_ends bigint[], p_wants bigint[]
    ) RETURNS TABLE (place bigint, granted bigint, spent bigint, leased bigint, others bigint) LANGUAGE plpgsql AS $$
    DECLARE
      asked record;
    BEGIN
      PERFORM FROM ledger_owners o WHERE o.owner = p_owner FOR KEY SHARE;
      IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'the owner was ended';
      END IF;
      PERFORM lock_leases(p_owner, p_accounts, p_periods);
      FOR asked IN
        SELECT * FROM unnest(p_accounts, p_periods, p_limits, p_fulls, p_amples, p_leasts, p_ends, p_wants)
          WITH ORDINALITY AS u (account, period, size, full_amount, ample, least, end_amount, want, place)
      LOOP
        place := asked.place;
        SELECT lease.granted, lease.total_spent, lease.total_leased INTO granted, spent, leased
          FROM acquire_lease(p_owner, asked.account, asked.period, asked.size, asked.full_amount, asked.ample, asked.least,
                             asked.end_amount, asked.want) AS lease;
        SELECT leased - coalesce(sum(l.amount_nano_usd - l.spent_nano_usd), 0) INTO others FROM budget_leases l
         WHERE l.owner = p_owner AND l.account = asked.account AND l.period = asked.period;
        RETURN NEXT;
      END LOOP;
    END $$;

    -- Makes several leases smaller by what is given back. Nothing for an owner that was ended.
    CREATE FUNCTION give_back_leases(p_owner uuid, p_accounts text[], p_periods text[], p_amounts bigint[]) RETURNS void
    LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM FROM ledger_owners WHERE owner = p_owner FOR KEY SHARE;
      IF NOT FOUND THEN
        RETURN;
      END IF;
      PERFORM lock_leases(p_owner, p_accounts, p_periods);
      PERFORM fold_lease(p_owner, back.account, back.period, -back.amount)
        FROM unnest(p_accounts, p_periods, p_amounts) AS back (account, period, amount);
    END $$;
  `,
};

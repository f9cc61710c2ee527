import type { Migration } from "./migration";

/**
 * Leases on several budgets in one statement. The owner is locked first, then all the budgets, then all the leases, each in the order in
 * which everybody locks them; what follows for each budget needs no lock that is not held already. A budget that somebody else holds for long
 * must not keep the others waiting: see `lock_leases`.
 */
export const leasesTogether: Migration = {
  version: 17,
  name: "leases-together",
  sql: `
    -- Waits for each lock as long as said, and fails after that (55P03). With 0 it waits for none and says which places are held by others.
    -- One row after the other, by its key: whatever the planner believes of the tables, it cannot read them whole.
    CREATE FUNCTION lock_leases(p_owner uuid, p_accounts text[], p_periods text[], p_wait_ms integer) RETURNS bigint[]
    LANGUAGE plpgsql AS $$
    DECLARE
      one record;
      held bigint[] := '{}';
    BEGIN
      IF p_wait_ms > 0 THEN
        PERFORM set_config('lock_timeout', p_wait_ms::text, true);
      END IF;
      FOR one IN
        SELECT u.account, u.period, u.place FROM unnest(p_accounts, p_periods) WITH ORDINALITY AS u (account, period, place)
         ORDER BY u.account, u.period
      LOOP
        IF one.account LIKE 'parallel:%' AND NOT EXISTS (SELECT FROM budgets WHERE account = one.account AND period = one.period) THEN
          -- Places for parallel requests begin with nothing, so nobody has to add anything up.
          INSERT INTO budgets (account, period) VALUES (one.account, one.period) ON CONFLICT DO NOTHING;
        END IF;
        IF p_wait_ms > 0 THEN
          PERFORM FROM budgets WHERE account = one.account AND period = one.period FOR NO KEY UPDATE;
        ELSE
          PERFORM FROM budgets WHERE account = one.account AND period = one.period FOR NO KEY UPDATE SKIP LOCKED;
          IF NOT FOUND AND EXISTS (SELECT FROM budgets WHERE account = one.account AND period = one.period) THEN
            held := held || one.place;
          END IF;
        END IF;
      END LOOP;
      FOR one IN
        SELECT u.account, u.period, u.place FROM unnest(p_accounts, p_periods) WITH ORDINALITY AS u (account, period, place)
         ORDER BY u.account, u.period
      LOOP
        IF p_wait_ms > 0 THEN
          PERFORM FROM budget_leases
            WHERE owner = p_owner AND account = one.account AND period = one.period FOR NO KEY UPDATE;
        ELSIF one.place <> ALL (held) THEN
          PERFORM FROM budget_leases
            WHERE owner = p_owner AND account = one.account AND period = one.period FOR NO KEY UPDATE SKIP LOCKED;
          IF NOT FOUND
            AND EXISTS (SELECT FROM budget_leases WHERE owner = p_owner AND account = one.account AND period = one.period) THEN
            held := held || one.place;
          END IF;
        END IF;
      END LOOP;
      RETURN held;
    END $$;

    -- What a row cost is spent from a lease. Whether there is one.
    CREATE FUNCTION spend_from_lease(p_owner uuid, p_account text, p_period text, p_cost bigint) RETURNS boolean
    LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE budget_leases SET spent_nano_usd = spent_nano_usd + p_cost
       WHERE owner = p_owner AND account = p_account AND period = p_period;
      RETURN FOUND;
    END $$;

    -- acquire_lease for each of several budgets. others: what other owners hold and have not spent. is_held: not asked, see lock_leases.
    CREATE FUNCTION acquire_leases(
      p_owner uuid, p_accounts text[], p_periods text[], p_limits bigint[],
      p_fulls bigint[], p_amples bigint[], p_leasts bigint[], p_ends bigint[], p_wants bigint[],
      p_wait_ms integer
    ) RETURNS TABLE (place bigint, granted bigint, spent bigint, leased bigint, others bigint, is_held boolean) LANGUAGE plpgsql AS $$
    DECLARE
      asked record;
      held bigint[];
    BEGIN
      PERFORM FROM ledger_owners o WHERE o.owner = p_owner FOR KEY SHARE;
      IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'the owner was ended';
      END IF;
      held := lock_leases(p_owner, p_accounts, p_periods, p_wait_ms);
      FOR asked IN
        SELECT * FROM unnest(p_accounts, p_periods, p_limits, p_fulls, p_amples, p_leasts, p_ends, p_wants)
          WITH ORDINALITY AS u (account, period, size, full_amount, ample, least, end_amount, want, place)
      LOOP
        place := asked.place;
        is_held := asked.place = ANY (held);
        IF is_held THEN
          granted := NULL;
          spent := NULL;
          leased := NULL;
          others := NULL;
          RETURN NEXT;
          CONTINUE;
        END IF;
        SELECT lease.granted, lease.total_spent, lease.total_leased INTO granted, spent, leased
          FROM acquire_lease(p_owner, asked.account, asked.period, asked.size, asked.full_amount, asked.ample, asked.least,
                             asked.end_amount, asked.want) AS lease;
        SELECT leased - coalesce(sum(l.amount_nano_usd - l.spent_nano_usd), 0) INTO others FROM budget_leases l
         WHERE l.owner = p_owner AND l.account = asked.account AND l.period = asked.period;
        RETURN NEXT;
      END LOOP;
    END $$;

    -- Makes several leases smaller by what is given back, but for the places that it returns: see lock_leases. Nothing for an owner that was ended.
    CREATE FUNCTION give_back_leases(p_owner uuid, p_accounts text[], p_periods text[], p_amounts bigint[], p_wait_ms integer)
    RETURNS bigint[] LANGUAGE plpgsql AS $$
    DECLARE
      held bigint[];
    BEGIN
      PERFORM FROM ledger_owners WHERE owner = p_owner FOR KEY SHARE;
      IF NOT FOUND THEN
        RETURN '{}';
      END IF;
      held := lock_leases(p_owner, p_accounts, p_periods, p_wait_ms);
      PERFORM fold_lease(p_owner, back.account, back.period, -back.amount)
        FROM unnest(p_accounts, p_periods, p_amounts) WITH ORDINALITY AS back (account, period, amount, place)
       WHERE back.place <> ALL (held);
      RETURN held;
    END $$;
  `,
};

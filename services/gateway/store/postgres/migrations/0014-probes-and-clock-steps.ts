import type { Migration } from "./migration";

/**
 * `probe_commit` writes one small row for one gateway under the locks that real work takes, so that whoever waits for its commit knows whether that
 * work would be committed. It gives up on a lock after half a second, so that nobody waits behind it.
 *
 * `take_quota` is as before, but holds every step of the clock back for one, however small: no block counts for longer than a new one
 * would.
 */
export const probesAndClockSteps: Migration = {
  version: 14,
  name: "probes-and-clock-steps",
  sql: `
    CREATE TABLE gateway_probes (
      gateway   uuid NOT NULL,
      work      text NOT NULL,
      probed_at timestamptz NOT NULL,
      PRIMARY KEY (gateway, work)
    ) WITH (fillfactor = 50);

    CREATE FUNCTION probe_commit(p_gateway uuid, p_work text) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('lock_timeout', '500', true);
      CASE p_work
        WHEN 'rows' THEN LOCK TABLE ONLY audit_log IN ROW EXCLUSIVE MODE;
        WHEN 'leases' THEN LOCK TABLE ledger_owners, budgets, budget_leases, intent_batches IN ROW EXCLUSIVE MODE;
        WHEN 'counts' THEN LOCK TABLE rate_accounts, rate_blocks IN ROW EXCLUSIVE MODE;
      END CASE;
      INSERT INTO gateway_probes VALUES (p_gateway, p_work, clock_timestamp())
        ON CONFLICT (gateway, work) DO UPDATE SET probed_at = EXCLUDED.probed_at;
    END $$;

    CREATE OR REPLACE FUNCTION take_quota(
      p_account text, p_limit bigint, p_need bigint, p_want bigint, p_keep_one_ms bigint, p_keep_many_ms bigint,
      OUT granted bigint, OUT new_block bigint, OUT used bigint, OUT wait_ms bigint, OUT reset_ms bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
      now_ms bigint;
      last_ms bigint;
    BEGIN
      INSERT INTO rate_accounts VALUES (p_account) ON CONFLICT DO NOTHING;
      PERFORM FROM rate_accounts WHERE account = p_account FOR UPDATE;
      now_ms := extract(epoch FROM clock_timestamp()) * 1000;
      DELETE FROM rate_blocks WHERE account = p_account AND expires_at_ms <= now_ms;
      SELECT coalesce(sum(amount), 0), max(expires_at_ms) INTO used, last_ms FROM rate_blocks WHERE account = p_account;
      IF last_ms > now_ms + p_keep_many_ms THEN
        UPDATE rate_blocks SET expires_at_ms = now_ms + p_keep_many_ms
         WHERE account = p_account AND expires_at_ms > now_ms + p_keep_many_ms;
      END IF;
      granted := 0;
      wait_ms := 0;
      IF p_limit - used >= p_need THEN
        granted := least(p_limit - used, greatest(p_need, least(p_want, p_limit / 16)));
        INSERT INTO rate_blocks (account, amount, expires_at_ms)
        VALUES (p_account, granted, now_ms + CASE WHEN granted > p_need THEN p_keep_many_ms ELSE p_keep_one_ms END)
        RETURNING block INTO new_block;
        used := used + granted;
      ELSE
        SELECT min(s.expires_at_ms) - now_ms INTO wait_ms FROM (
          SELECT b.expires_at_ms, sum(b.amount) OVER (ORDER BY b.expires_at_ms, b.block) AS freed
            FROM rate_blocks b WHERE b.account = p_account
        ) s WHERE used - s.freed + p_need <= p_limit;
      END IF;
      SELECT coalesce(max(expires_at_ms) - now_ms, 0) INTO reset_ms FROM rate_blocks WHERE account = p_account;
    END $$;
  `,
};

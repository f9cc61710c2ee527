import type { Migration } from "./migration";

/**
 * `audit_clock` holds when a gateway last looked at the clock, `audit_clock_gaps` the spans that none saw pass: retention does not
 * count them (`audit-partitions.ts`). Before the first look, the newest row says when the last gateway ran.
 *
 * `repeats` counts the requests that a row stands for beside its own.
 *
 * `take_quota` is as before, except that a block that counts for longer than any may was given before the clock was set back: it
 * counts from now on as if it were new, instead of until its old moment comes again.
 */
export const clockAndRefusals: Migration = {
  version: 9,
  name: "clock-and-refusals",
  sql: `
    CREATE TABLE audit_clock (
      is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
      seen_at timestamptz NOT NULL
    );
    INSERT INTO audit_clock (seen_at)
      SELECT coalesce(max(started_at), clock_timestamp()) FROM audit_log WHERE started_at <= clock_timestamp();

    CREATE TABLE audit_clock_gaps (
      began_at timestamptz PRIMARY KEY,
      ended_at timestamptz NOT NULL
    );

    ALTER TABLE audit_log ADD COLUMN repeats integer NOT NULL DEFAULT 0;

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
      IF last_ms > now_ms + p_keep_many_ms + 10000 THEN
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

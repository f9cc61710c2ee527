import type { Migration } from "./migration";

/**
 * Sliding windows. A block is a number of counts given to one gateway at one moment; it counts until
 * `expires_at_ms` (milliseconds since 1970, the database's clock). The row in `rate_accounts` is there to be locked,
 * so that two gateways never see the same room; in a function, because each of its statements then sees what the
 * last holder of the lock has written.
 */
export const limits: Migration = {
  version: 3,
  name: "limits",
  sql: `
    CREATE TABLE rate_accounts (account text PRIMARY KEY);

    CREATE TABLE rate_blocks (
      block         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      account       text NOT NULL REFERENCES rate_accounts,
      amount        bigint NOT NULL,
      expires_at_ms bigint NOT NULL
    );
    CREATE INDEX rate_blocks_by_account ON rate_blocks (account, expires_at_ms);

    CREATE FUNCTION take_quota(
      p_account text, p_limit bigint, p_need bigint, p_want bigint, p_keep_one_ms bigint, p_keep_many_ms bigint,
      OUT granted bigint, OUT new_block bigint, OUT used bigint, OUT wait_ms bigint, OUT reset_ms bigint
    ) LANGUAGE plpgsql AS $$
    DECLARE
      now_ms bigint;
    BEGIN
      INSERT INTO rate_accounts VALUES (p_account) ON CONFLICT DO NOTHING;
      PERFORM FROM rate_accounts WHERE account = p_account FOR UPDATE;
      now_ms := extract(epoch FROM clock_timestamp()) * 1000;
      DELETE FROM rate_blocks WHERE account = p_account AND expires_at_ms <= now_ms;
      SELECT coalesce(sum(amount), 0) INTO used FROM rate_blocks WHERE account = p_account;
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

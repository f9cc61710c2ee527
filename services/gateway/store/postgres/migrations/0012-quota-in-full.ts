import type { Migration } from "./migration";

/**
 * `take_quota`, for requests of which it is known what they count for at least and at most: there must be room for `p_need`, and
 * `p_bound` is counted, also beyond the limit. `is_block`: what was given may be used for as long as a block may.
 */
export const quotaInFull: Migration = {
  version: 12,
  name: "quota-in-full",
  sql: `
    CREATE FUNCTION take_quota_in_full(
      p_account text, p_limit bigint, p_need bigint, p_bound bigint, p_want bigint, p_keep_one_ms bigint, p_keep_many_ms bigint,
      OUT granted bigint, OUT new_block bigint, OUT is_block boolean, OUT used bigint, OUT wait_ms bigint, OUT reset_ms bigint
    ) LANGUAGE plpgsql AS $$
    BEGIN
      SELECT q.granted, q.new_block, q.granted > p_need, q.used, q.wait_ms, q.reset_ms
        INTO granted, new_block, is_block, used, wait_ms, reset_ms
        FROM take_quota(p_account, p_limit, p_need, p_want, p_keep_one_ms, p_keep_many_ms) AS q;
      IF granted > 0 AND granted < p_bound THEN
        -- The account is locked until the end of the statement.
        UPDATE rate_blocks SET amount = p_bound WHERE block = new_block;
        used := used + p_bound - granted;
        granted := p_bound;
      END IF;
    END $$;
  `,
};

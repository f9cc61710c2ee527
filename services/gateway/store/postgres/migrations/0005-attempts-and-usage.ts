import type { Migration } from "./migration";

/** Rows from before had exactly one attempt when a deployment was asked, and reported usage only. */
export const attemptsAndUsage: Migration = {
  version: 5,
  name: "attempts-and-usage",
  sql: `
    ALTER TABLE audit_log ADD COLUMN attempts integer NOT NULL DEFAULT 0;
    ALTER TABLE audit_log ADD COLUMN is_usage_estimated boolean NOT NULL DEFAULT false;
    ALTER TABLE audit_log ADD COLUMN cache_write_1h_tokens bigint NOT NULL DEFAULT 0;
    UPDATE audit_log SET attempts = 1 WHERE deployment IS NOT NULL;
  `,
};

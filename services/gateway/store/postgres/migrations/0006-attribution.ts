import type { Migration } from "./migration";

/** By whom, from where and under which working rules a request was made. Rows from before do not know. */
export const attribution: Migration = {
  version: 6,
  name: "attribution",
  sql: `
    ALTER TABLE audit_log
      ADD COLUMN workspace         text,
      ADD COLUMN scope             text,
      ADD COLUMN client            text,
      ADD COLUMN session_id        text,
      ADD COLUMN enforcement_level text,
      ADD COLUMN prompt_hash       text,
      ADD COLUMN reasoning_tokens  bigint NOT NULL DEFAULT 0;
  `,
};

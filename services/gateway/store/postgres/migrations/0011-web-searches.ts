import type { Migration } from "./migration";

/** Searches of the web by the provider, which it bills one by one. Rows from before do not know of any. */
export const webSearches: Migration = {
  version: 11,
  name: "web-searches",
  sql: "ALTER TABLE audit_log ADD COLUMN web_searches int NOT NULL DEFAULT 0",
};

import { z } from "zod";

/** Values that several answers hold. */

export const text = z.string();
export const textOrNull = z.string().nullable();
export const usd = z.number().describe("USD, with nine places at most");
export const usdOrNull = usd.nullable();
export const count = z.int().min(0);
export const countOrNull = count.nullable();
/** RFC 3339, in UTC. */
export const moment = z.iso.datetime();
export const momentOrNull = moment.nullable();
/** SHA-256 as hex. */
export const hash = z.string().regex(/^[0-9a-f]{64}$/);
export const metadata = z.record(z.string(), z.unknown());

/** Who made a row and when. */
export const made = { created_at: moment, updated_at: moment, created_by: text, updated_by: text };

/** What a key, a user or a budget is limited to. */
export const limits = {
  max_budget: usdOrNull,
  budget_duration: textOrNull,
  rpm_limit: countOrNull,
  tpm_limit: countOrNull,
  max_parallel_requests: countOrNull,
};

/** Where in a list a page is. */
export const totalPages = { total_pages: count };

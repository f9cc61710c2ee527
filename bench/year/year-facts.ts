import { createHash } from "node:crypto";
import type { YearData } from "./data-set";
import { DAY_MS, yearKey, yearUser } from "./year-shape";

/** What answers must say, read from the rows themselves, not from the sums that answers come from. Money in nano-USD. */
export class YearFacts {
  constructor(readonly year: YearData) {}

  get size() {
    return this.year.size;
  }

  /** The last days, the last one of the year included; as the API takes them. */
  lastDays(count: number): { readonly start: string; readonly end: string } {
    const { to } = this.year.span;
    return { start: isoDay(to.getTime() - count * DAY_MS), end: isoDay(to.getTime() - DAY_MS) };
  }

  /** All days of the year, at most as many as one question may be about. */
  get wholeYear() {
    const { from, to } = this.year.span;
    return this.lastDays(Math.min(366, Math.round((to.getTime() - from.getTime()) / DAY_MS)));
  }

  hashOf(key: number): string {
    return createHash("sha256").update(yearKey(key)).digest("hex");
  }

  async idOf(key: number): Promise<string> {
    const [row] = await this.year.database.query<{ id: string }>(
      "SELECT key_id AS id FROM bench.keys WHERE n = $1",
      [key],
    );
    return row?.id ?? "";
  }

  /** What was spent on these days, both included, by everybody. */
  async spentOn(start: string, end: string): Promise<number> {
    const [row] = await this.year.database.query<{ spent: string }>(
      `SELECT coalesce((SELECT sum(spent_nano_usd) FROM bench.days WHERE day BETWEEN $1::date AND $2::date), 0)
            + coalesce((SELECT sum(cost_nano_usd) FROM audit_log
                         WHERE started_at >= greatest($1::date::timestamp AT TIME ZONE 'UTC', $3::timestamptz)
                           AND started_at < ($2::date + 1)::timestamp AT TIME ZONE 'UTC'), 0) AS spent`,
      [start, end, this.year.span.to],
    );
    return Number(row?.spent);
  }

  /** The same of one key or user, on all days without bounds. */
  async spentBy(
    column: "key_id" | "user_id",
    id: string,
    start = "-infinity",
    end = "infinity",
  ): Promise<number> {
    const [row] = await this.year.database.query<{ spent: string }>(
      `SELECT coalesce(sum(cost_nano_usd), 0) AS spent FROM audit_log
        WHERE ${column} = $1 AND (started_at AT TIME ZONE 'UTC')::date BETWEEN $2::date AND $3::date`,
      [id, start, end],
    );
    return Number(row?.spent);
  }

  /** Ids of the requests on a page, newest first. */
  async idsOfPage(limit: number, offset: number, condition = "true"): Promise<string[]> {
    const rows = await this.year.database.query<{ id: string }>(
      `SELECT request_id AS id FROM audit_log WHERE model_requested IS NOT NULL AND ${condition}
        ORDER BY started_at DESC, request_id DESC LIMIT $1 OFFSET $2`,
      [limit, offset],
    );
    return rows.map(({ id }) => id);
  }

  readonly user = yearUser;
}

export const today = (): string => isoDay(Date.now());

const isoDay = (time: number): string => new Date(time).toISOString().slice(0, 10);

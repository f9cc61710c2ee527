import { z } from "zod";
import type { SpendPeriod } from "../ports/spend-reader";
import { optionalQueryInteger, queryFlag, queryInteger, reference } from "./fields";
import { readCursor } from "./spend-cursor";

const DAY_MS = 86_400_000;
/** Longest period of one question. */
export const MAX_DAYS = 366;

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, "must be a day such as 2026-01-31")
  .refine(
    (text) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true,
    "must be a day that exists, such as 2026-01-31",
  )
  .optional();

const isPeriod = ({ start_date: start, end_date: end }: { start_date?: string; end_date?: string }) =>
  start === undefined ||
  end === undefined ||
  (start <= end && Date.parse(end) - Date.parse(start) < MAX_DAYS * DAY_MS);
const PERIOD_FORM = `end_date must not be before start_date, nor more than ${MAX_DAYS} days after it`;

const CURSOR_FORM = "must be what x-next-cursor of the page before said";

/** `GET /spend/logs`. */
export const spendLogsQuery = z
  .strictObject({
    api_key: reference(300).optional(),
    user_id: reference(300).optional(),
    request_id: z.uuid("must be the id of a request").optional(),
    start_date: day,
    end_date: day,
    summarize: queryFlag.optional(),
    page: queryInteger(1, 1000, 1),
    page_size: queryInteger(1, 1000, 100),
    cursor: z
      .string()
      .max(100, CURSOR_FORM)
      .transform((text, context) => {
        const place = readCursor(text);
        if (place !== undefined) return place;
        context.issues.push({ code: "custom", input: text, message: CURSOR_FORM });
        return z.NEVER;
      })
      .optional(),
  })
  .refine(isPeriod, PERIOD_FORM)
  .refine((query) => query.cursor === undefined || query.page === 1, "cursor takes the place of page")
  .refine((query) => query.cursor === undefined || query.summarize !== true, "sums have no cursor");

/** `GET /global/spend/report`. LiteLLM's names of the dimensions are taken too. */
export const spendReportQuery = z
  .strictObject({
    start_date: day,
    end_date: day,
    group_by: z
      .enum(["key", "api_key", "user", "internal_user_id", "model", "day"], "must be key, user, model or day")
      .default("day"),
    limit: optionalQueryInteger(1, 1000),
  })
  .refine(isPeriod, PERIOD_FORM);

/** Both days included; without a first day the 30 days up to the last one, which is today if none is given. */
export function toPeriod(start: string | undefined, end: string | undefined, now: number): SpendPeriod {
  const lastDay = end === undefined ? startOfDay(now) : Date.parse(end);
  const firstDay = start === undefined ? lastDay - 29 * DAY_MS : Date.parse(start);
  return { from: new Date(Math.max(firstDay, lastDay - MAX_DAYS * DAY_MS)), to: new Date(lastDay + DAY_MS) };
}

function startOfDay(time: number): number {
  return Math.floor(time / DAY_MS) * DAY_MS;
}

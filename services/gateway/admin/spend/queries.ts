import { z } from "zod";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import type { DailySpend, SpendGroup, SpendLog, SpendPeriod, SpendPlace } from "../../store/spend-reader";
import { optionalQueryInteger, queryFlag, queryInteger, reference } from "../fields";

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

const CURSOR_FORM = "must be the x-next-cursor of the previous page";

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
  .refine((query) => query.cursor === undefined || query.page === 1, "cursor and page cannot be combined")
  .refine((query) => query.cursor === undefined || query.summarize !== true, "a summary has no cursor");

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

/** A place in a list of requests as text that says nothing to a client, which only sends it back. */
export function writeCursor({ startedAt, requestId }: SpendPlace): string {
  return Buffer.from(`${startedAt.getTime()} ${requestId}`).toString("base64url");
}

/** @returns `undefined` for what is no cursor of `writeCursor` */
export function readCursor(text: string): SpendPlace | undefined {
  const match = /^(-?\d{1,15}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
    Buffer.from(text, "base64url").toString("latin1"),
  );
  if (match === null) return undefined;
  return { startedAt: new Date(Number(match[1])), requestId: match[2] ?? "" };
}

/** A request as `/spend/logs` shows it. There is no content to show. */
export function describeSpendLog(log: SpendLog) {
  const promptTokens = log.inputTokens + log.cacheReadTokens + log.cacheWriteTokens;
  return {
    request_id: log.requestId,
    call_type: log.route,
    api_key: log.keyHash,
    key_id: log.keyId,
    key_alias: log.keyAlias,
    user: log.userId,
    end_user: log.endUser,
    workspace: log.workspace,
    scope: log.scope,
    client: log.client,
    session_id: log.sessionId,
    enforcement_level: log.enforcementLevel,
    prompt_hash: log.promptHash,
    spend: log.costNanoUsd === null ? null : nanoUsdToUsd(log.costNanoUsd),
    total_tokens: promptTokens + log.outputTokens,
    prompt_tokens: promptTokens,
    completion_tokens: log.outputTokens,
    cache_read_input_tokens: log.cacheReadTokens,
    cache_creation_input_tokens: log.cacheWriteTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: log.cacheWriteTokens - log.cacheWrite1hTokens,
      ephemeral_1h_input_tokens: log.cacheWrite1hTokens,
    },
    reasoning_tokens: log.reasoningTokens,
    web_search_requests: log.webSearches,
    is_usage_estimated: log.isUsageEstimated,
    startTime: log.startedAt.toISOString(),
    completionStartTime: log.ttftMs === null ? null : after(log.startedAt, log.ttftMs),
    endTime: after(log.startedAt, log.latencyMs),
    model: log.modelUsed,
    model_group: log.modelRequested,
    model_id: log.deployment,
    attempts: log.attempts,
    repeats: log.repeats,
    error_type: log.errorType,
    status: log.status < 400 ? "success" : "failure",
    status_code: log.status,
  };
}

/** Days as `/spend/logs` sums them up: by key, user and model, each in USD. */
export function describeDays(rows: readonly DailySpend[]) {
  const days = new Map<string, { total: number; keys: Sums; users: Sums; models: Sums }>();
  for (const row of rows) {
    const day = days.get(row.day) ?? { total: 0, keys: new Map(), users: new Map(), models: new Map() };
    days.set(row.day, day);
    day.total += row.spentNanoUsd;
    for (const [sums, name] of [
      [day.keys, row.keyHash],
      [day.users, row.userId],
      [day.models, row.model],
    ] as const) {
      if (name !== null) sums.set(name, (sums.get(name) ?? 0) + row.spentNanoUsd);
    }
  }
  return [...days].map(([startTime, { total, keys, users, models }]) => ({
    ...inUsd(keys),
    startTime,
    spend: nanoUsdToUsd(total),
    users: inUsd(users),
    models: inUsd(models),
  }));
}

/** One line of a report. @param dimension name of the field that tells the groups apart */
export function describeGroup(group: SpendGroup, dimension: string) {
  return {
    [dimension]: group.value,
    ...(dimension === "api_key" ? { key_alias: group.keyAlias } : {}),
    spend: nanoUsdToUsd(group.spentNanoUsd),
    requests: group.requests,
    prompt_tokens: group.inputTokens,
    completion_tokens: group.outputTokens,
    total_tokens: group.inputTokens + group.outputTokens,
    cache_read_input_tokens: group.cacheReadTokens,
    cache_creation_input_tokens: group.cacheWriteTokens,
  };
}

function after(start: Date, ms: number): string {
  return new Date(start.getTime() + ms).toISOString();
}

type Sums = Map<string, number>;

function inUsd(sums: Sums): Record<string, number> {
  return Object.fromEntries([...sums].map(([name, nanoUsd]) => [name, nanoUsdToUsd(nanoUsd)]));
}

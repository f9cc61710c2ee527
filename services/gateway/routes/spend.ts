import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import { describeDays, describeGroup, describeSpendLog } from "../management/describe-spend";
import { findKey } from "../management/find-key";
import { spendLogsQuery, spendReportQuery, toPeriod } from "../management/spend-queries";
import type { Clock } from "../ports/clock";
import type { KeyStore } from "../ports/key-store";
import type { SpendFilter, SpendReader } from "../ports/spend-reader";
import { nanoUsdToUsd } from "../pricing/money";

/** What the routes need. */
export interface SpendOptions {
  readonly spend: SpendReader;
  readonly keys: KeyStore;
  readonly clock: Clock;
}

/** Groups of key, user, model and day that a summary reads at most. */
const MAX_DAILY_ROWS = 10_000;

const DIMENSIONS = {
  key: { dimension: "key", field: "api_key" },
  api_key: { dimension: "key", field: "api_key" },
  user: { dimension: "user", field: "user_id" },
  internal_user_id: { dimension: "user", field: "user_id" },
  model: { dimension: "model", field: "model" },
  day: { dimension: "day", field: "day" },
} as const;

/** What was spent. Nothing here changes anything. */
export const spendRoutes: FastifyPluginAsync<SpendOptions> = async (app, { spend, keys, clock }) => {
  const keyFilter = (reference: string | undefined): SpendFilter => {
    if (reference === undefined) return {};
    const key = findKey(keys, reference) ?? keys.findByAlias(reference);
    // Deleted keys have rows too, and are known by their hash.
    return key === undefined ? { keyHash: reference } : { keyId: key.keyId };
  };

  app.get<{ Querystring: z.output<typeof spendLogsQuery> }>(
    "/spend/logs",
    { schema: { querystring: spendLogsQuery } },
    async ({ query }) => {
      const { start_date: start, end_date: end } = query;
      const hasPeriod = start !== undefined || end !== undefined;
      const filter: SpendFilter = {
        ...keyFilter(query.api_key),
        userId: query.user_id,
        requestId: query.request_id,
        period: hasPeriod ? toPeriod(start, end, clock.now()) : undefined,
      };
      if (query.summarize ?? (start !== undefined && end !== undefined)) {
        const period = filter.period ?? toPeriod(start, end, clock.now());
        return describeDays(await spend.daily({ ...filter, period }, MAX_DAILY_ROWS));
      }
      const page = { limit: query.page_size, offset: (query.page - 1) * query.page_size };
      return (await spend.logs(filter, page)).map(describeSpendLog);
    },
  );

  app.get("/global/spend", async () => ({
    spend: nanoUsdToUsd(await spend.total(toPeriod(undefined, undefined, clock.now()))),
    max_budget: null,
  }));

  app.get<{ Querystring: z.output<typeof spendReportQuery> }>(
    "/global/spend/report",
    { schema: { querystring: spendReportQuery } },
    async ({ query }) => {
      const { dimension, field } = DIMENSIONS[query.group_by];
      const period = toPeriod(query.start_date, query.end_date, clock.now());
      const groups = await spend.report(dimension, period, query.limit);
      return groups.map((group) => describeGroup(group, field));
    },
  );
};

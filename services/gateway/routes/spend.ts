import { Readable } from "node:stream";
import type { FastifyPluginAsync } from "fastify";
import type { z } from "zod";
import { describeDays, describeGroup, describeSpendLog } from "../management/describe-spend";
import { findKey } from "../management/find-key";
import { MAX_DAYS, spendLogsQuery, spendReportQuery, toPeriod } from "../management/spend-queries";
import type { Clock } from "../ports/clock";
import type { KeyStore } from "../ports/key-store";
import type { SpendFilter, SpendReader } from "../ports/spend-reader";
import { nanoUsdToUsd } from "../pricing/money";
import { writeJsonArray } from "./write-json-array";

/** What the routes need. */
export interface SpendOptions {
  readonly spend: SpendReader;
  readonly keys: KeyStore;
  readonly clock: Clock;
}

/** What a report holds if not said otherwise; one by day has room for the longest period. */
const DEFAULT_GROUPS = 100;

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
    async ({ query }, reply) => {
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
        const days = await writeJsonArray(spend.daily({ ...filter, period }), describeDays);
        return reply.type("application/json; charset=utf-8").send(Readable.from(days, { objectMode: false }));
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
    async ({ query }, reply) => {
      const { dimension, field } = DIMENSIONS[query.group_by];
      const period = toPeriod(query.start_date, query.end_date, clock.now());
      const limit = query.limit ?? (dimension === "day" ? MAX_DAYS : DEFAULT_GROUPS);
      const { groups, leftOff } = await spend.report(dimension, period, limit);
      if (leftOff.groups > 0) {
        reply.header("x-gateway-groups-left-off", leftOff.groups);
        reply.header("x-gateway-spend-left-off", nanoUsdToUsd(leftOff.spentNanoUsd));
      }
      return groups.map((group) => describeGroup(group, field));
    },
  );
};

import { Readable } from "node:stream";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Clock } from "../../../shared/clock";
import { nanoUsdToUsd } from "../../../shared/nano-usd";
import { Exchange } from "../../http/exchange";
import type { KeyStore } from "../../store/key-store";
import type { SpendFilter, SpendReader } from "../../store/spend-reader";
import { findKey } from "../keys/keys";
import { actorOf } from "../route";
import {
  describeDays,
  describeGroup,
  describeSpendLog,
  MAX_DAYS,
  spendLogsQuery,
  spendReportQuery,
  toPeriod,
  writeCursor,
} from "./queries";
import type { ReportQueue } from "./report-queue";

/** What the routes need. */
interface SpendOptions {
  readonly spend: SpendReader;
  readonly keys: KeyStore;
  readonly clock: Clock;
  /** Where reports wait for their turn. */
  readonly reports: ReportQueue;
}

/** Default page size of a report; by day, enough for the longest period. */
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
export const spendRoutes: FastifyPluginAsync<SpendOptions> = async (app, { spend, keys, clock, reports }) => {
  const keyFilter = (reference: string | undefined): SpendFilter => {
    if (reference === undefined) return {};
    const key = findKey(keys, reference) ?? keys.findByAlias(reference);
    // Deleted keys have rows too, and are known by their hash.
    return key === undefined ? { keyHash: reference } : { keyId: key.keyId };
  };
  /** Does the work when it is the caller's turn. @param isBegun it is a later part of an answer: then it is not refused any more */
  const inTurn = <Result>(
    request: FastifyRequest,
    reply: FastifyReply,
    work: () => Promise<Result>,
    isBegun = false,
  ) => {
    const exchange = Exchange.of(reply.raw);
    return reports.run(actorOf(request), work, { isGone: () => exchange.isOver, isBegun });
  };

  app.get<{ Querystring: z.output<typeof spendLogsQuery> }>(
    "/spend/logs",
    { schema: { querystring: spendLogsQuery } },
    async (request, reply) => {
      const { query } = request;
      const { start_date: start, end_date: end } = query;
      const hasPeriod = start !== undefined || end !== undefined;
      const filter: SpendFilter = {
        ...keyFilter(query.api_key),
        userId: query.user_id,
        requestId: query.request_id,
        period: hasPeriod ? toPeriod(start, end, clock.now()) : undefined,
      };
      const hasSums = start !== undefined && end !== undefined && query.cursor === undefined;
      if (query.summarize ?? hasSums) {
        const period = filter.period ?? toPeriod(start, end, clock.now());
        // A turn for each part, so that nobody waits for the reader of a long answer.
        const parts = takingTurns(spend.daily({ ...filter, period }), (work, isBegun) =>
          inTurn(request, reply, work, isBegun),
        );
        const days = await writeJsonArray(parts, describeDays);
        return reply.type("application/json; charset=utf-8").send(Readable.from(days, { objectMode: false }));
      }
      const limit = query.page_size;
      const page =
        query.cursor === undefined
          ? { limit, offset: (query.page - 1) * limit }
          : { limit, after: query.cursor };
      const logs = await inTurn(request, reply, () => spend.logs(filter, page));
      const last = logs.at(-1);
      if (last !== undefined && logs.length === limit) reply.header("x-next-cursor", writeCursor(last));
      return logs.map(describeSpendLog);
    },
  );

  app.get("/global/spend", async (request, reply) => {
    const period = toPeriod(undefined, undefined, clock.now());
    const spent = await inTurn(request, reply, () => spend.total(period));
    return { spend: nanoUsdToUsd(spent), max_budget: null };
  });

  app.get<{ Querystring: z.output<typeof spendReportQuery> }>(
    "/global/spend/report",
    { schema: { querystring: spendReportQuery } },
    async (request, reply) => {
      const { query } = request;
      const { dimension, field } = DIMENSIONS[query.group_by];
      const period = toPeriod(query.start_date, query.end_date, clock.now());
      const limit = query.limit ?? (dimension === "day" ? MAX_DAYS : DEFAULT_GROUPS);
      const { groups, leftOff } = await inTurn(request, reply, () => spend.report(dimension, period, limit));
      if (leftOff.groups > 0) {
        reply.header("x-gateway-groups-left-off", leftOff.groups);
        reply.header("x-gateway-spend-left-off", nanoUsdToUsd(leftOff.spentNanoUsd));
      }
      return groups.map((group) => describeGroup(group, field));
    },
  );
};

/** Reads each part within a turn of its own. */
async function* takingTurns<Part>(
  parts: AsyncIterable<Part>,
  inTurn: (
    work: () => Promise<IteratorResult<Part, unknown>>,
    isBegun: boolean,
  ) => Promise<IteratorResult<Part, unknown>>,
): AsyncGenerator<Part> {
  const iterator = parts[Symbol.asyncIterator]();
  try {
    for (let isBegun = false; ; isBegun = true) {
      const part = await inTurn(() => iterator.next(), isBegun);
      if (part.done === true) return;
      yield part.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * Writes items as the text of one JSON array, part after part as it is read. A part that cannot be read breaks the text off, which no
 * client takes for an answer.
 * @param toItems what a part holds
 * @returns once the first part is there; the rest is streamed
 * @throws the error of the first part
 */
export async function writeJsonArray<Part>(
  parts: AsyncIterable<Part>,
  toItems: (part: Part) => readonly unknown[],
): Promise<AsyncGenerator<string>> {
  const iterator = parts[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    try {
      let before = "[";
      for (let part = first; part.done !== true; part = await iterator.next())
        for (const item of toItems(part.value)) {
          yield before + JSON.stringify(item);
          before = ",";
        }
      yield before === "[" ? "[]" : "]";
    } finally {
      await iterator.return?.();
    }
  })();
}

import { writeCursor } from "../../services/gateway/admin/spend/queries";
import { today, type YearFacts } from "./year-facts";
import { DAY_MS } from "./year-shape";

/** Something that administrators ask. */
export interface Question {
  readonly title: string;
  readonly path: string;
  /** A list of everything that cannot be short: its first part must come in time, the rest as fast as it is taken. @default false */
  readonly isLong?: boolean;
  /** Adds up what everybody spent in a whole year: a report that may take longer than a screen. @default false */
  readonly isOfWholeYear?: boolean;
  /** @throws when the answer is not what the rows say */
  readonly check: (body: never) => Promise<void>;
}

interface Spending {
  readonly spend: number;
}

/** Everything that is asked of a year. */
export async function questionsAbout(facts: YearFacts): Promise<Question[]> {
  const { size } = facts;
  const month = facts.lastDays(30);
  const year = facts.wholeYear;
  const day = facts.lastDays(1);
  const busyKey = facts.hashOf(0);
  const busyId = await facts.idOf(0);
  const unknown = "0".repeat(64);
  const deepPage = Math.min(1000, Math.floor(size.rows / 1000));
  const middle = new Date((facts.year.span.from.getTime() + facts.year.span.to.getTime()) / 2);
  const cursor = writeCursor({ startedAt: middle, requestId: "00000000-0000-4000-8000-000000000000" });
  const [someId = ""] = await facts.idsOfPage(1, Math.floor(size.rows / 2));
  const period = ({ start, end }: { start: string; end: string }) => `start_date=${start}&end_date=${end}`;
  const logsAre =
    (limit: number, offset: number, condition?: string) => async (rows: { request_id: string }[]) =>
      same(
        rows.map((row) => row.request_id),
        await facts.idsOfPage(limit, offset, condition),
      );
  const sumIs = (start: string, end: string) => async (rows: Spending[]) =>
    same(sumOf(rows), await facts.spentOn(start, end));
  const pageOf =
    (field: string, length: number, total: number) => async (body: Record<string, unknown[]>) => {
      same(body[field]?.length, length);
      same(body["total_count"] ?? body["total"], total);
    };
  const users = Math.ceil(size.keys / 10);
  return [
    {
      title: "keys with their spend, first page",
      path: "/key/list?return_full_object=true&size=100",
      check: pageOf("keys", 100, size.keys),
    },
    {
      title: "keys with their spend, by alias, in the middle",
      path: `/key/list?return_full_object=true&size=100&sort_by=key_alias&page=${Math.floor(size.keys / 200)}`,
      check: pageOf("keys", 100, size.keys),
    },
    { title: "users with their spend", path: "/user/list?page_size=100", check: pageOf("users", 100, users) },
    {
      title: "users with their spend, in the middle",
      path: `/user/list?page_size=100&page=${Math.floor(users / 200)}`,
      check: pageOf("users", 100, users),
    },
    {
      title: "the busiest user",
      path: `/user/info?user_id=${facts.user(1)}`,
      check: async (body: { user_info: Spending }) =>
        same(nano(body.user_info.spend), await facts.spentBy("user_id", facts.user(1))),
    },
    {
      title: "a busy key",
      path: `/key/info?key=${facts.hashOf(11)}`,
      check: async (body: { info: Spending }) =>
        same(nano(body.info.spend), await facts.spentBy("key_id", await facts.idOf(11))),
    },
    { title: "requests, first page", path: "/spend/logs", check: logsAre(100, 0) },
    { title: "requests, 1,000", path: "/spend/logs?page_size=1000", check: logsAre(1000, 0) },
    { title: "requests, page 100", path: "/spend/logs?page=100", check: logsAre(100, 9900) },
    {
      title: `requests, page ${deepPage} of 1,000 each`,
      path: `/spend/logs?page=${deepPage}&page_size=1000`,
      check: logsAre(1000, (deepPage - 1) * 1000),
    },
    {
      title: "requests, by a cursor half a year back",
      path: `/spend/logs?cursor=${cursor}`,
      check: logsAre(100, 0, `started_at < '${middle.toISOString()}'`),
    },
    {
      title: "one request",
      path: `/spend/logs?request_id=${someId}`,
      check: logsAre(1, 0, `request_id = '${someId}'`),
    },
    {
      title: "requests of the busiest key",
      path: `/spend/logs?api_key=${busyKey}`,
      check: logsAre(100, 0, `key_id = '${busyId}'`),
    },
    {
      title: "requests of the busiest key, page 50",
      path: `/spend/logs?api_key=${busyKey}&page=50`,
      check: logsAre(100, 4900, `key_id = '${busyId}'`),
    },
    {
      title: "requests of a key that nobody had",
      path: `/spend/logs?api_key=${unknown}`,
      check: async (rows: unknown[]) => same(rows.length, 0),
    },
    {
      title: "requests of the busiest user, page 50",
      path: `/spend/logs?user_id=${facts.user(0)}&page=50`,
      check: logsAre(100, 4900, `user_id = '${facts.user(0)}'`),
    },
    {
      title: "requests of a user that nobody is",
      path: "/spend/logs?user_id=nobody",
      check: async (rows: unknown[]) => same(rows.length, 0),
    },
    {
      title: "one day, summed up by key, user and model",
      path: `/spend/logs?${period(day)}`,
      isLong: true,
      check: sumIs(day.start, day.end),
    },
    {
      title: "30 days, summed up by key, user and model",
      path: `/spend/logs?${period(month)}`,
      isLong: true,
      check: sumIs(month.start, month.end),
    },
    {
      title: "the year of a user, day by day",
      path: `/spend/logs?${period(year)}&user_id=${facts.user(0)}`,
      check: async (rows: Spending[]) =>
        same(sumOf(rows), await facts.spentBy("user_id", facts.user(0), year.start, year.end)),
    },
    {
      title: "the year of a key, day by day",
      path: `/spend/logs?${period(year)}&api_key=${busyKey}`,
      check: async (rows: Spending[]) =>
        same(sumOf(rows), await facts.spentBy("key_id", busyId, year.start, year.end)),
    },
    {
      title: "spend of the last 30 days",
      path: "/global/spend",
      check: async (body: Spending) => {
        const end = today();
        const start = new Date(Date.parse(end) - 29 * DAY_MS).toISOString().slice(0, 10);
        same(nano(body.spend), await facts.spentOn(start, end));
      },
    },
    ...(["day", "user", "key", "model"] as const).flatMap((dimension): Question[] => [
      {
        title: `report by ${dimension}, 30 days`,
        path: `/global/spend/report?group_by=${dimension}&${period(month)}`,
        check: reportIs(facts, dimension, month),
      },
      {
        title: `report by ${dimension}, the year`,
        path: `/global/spend/report?group_by=${dimension}&${period(year)}`,
        isOfWholeYear: true,
        check: reportIs(facts, dimension, year),
      },
    ]),
  ] as Question[];
}

/** Days and models are all there; of keys and users the largest is looked at. */
function reportIs(
  facts: YearFacts,
  dimension: "day" | "user" | "key" | "model",
  { start, end }: { start: string; end: string },
) {
  return async (rows: (Spending & Record<string, unknown>)[]) => {
    if (dimension === "day" || dimension === "model")
      return same(sumOf(rows), await facts.spentOn(start, end));
    const [largest] = rows;
    if (largest === undefined || rows.length !== 100) throw new Error(`${rows.length} groups, expected 100`);
    const spent =
      dimension === "user"
        ? await facts.spentBy("user_id", String(largest["user_id"]), start, end)
        : await facts.spentBy("key_id", await idOfHash(facts, String(largest["api_key"])), start, end);
    same(nano(largest.spend), spent);
  };
}

async function idOfHash(facts: YearFacts, hash: string): Promise<string> {
  const [row] = await facts.year.database.query<{ id: string }>(
    "SELECT key_id AS id FROM virtual_keys WHERE token_hash = $1",
    [hash],
  );
  return row?.id ?? "";
}

const nano = (usd: number): number => Math.round(usd * 1e9);
const sumOf = (rows: readonly Spending[]): number => rows.reduce((sum, { spend }) => sum + nano(spend), 0);

function same(found: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  if (left !== right) throw new Error(`found ${left?.slice(0, 200)}, expected ${right?.slice(0, 200)}`);
}

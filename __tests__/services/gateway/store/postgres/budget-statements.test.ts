import {
  GATEWAY_LOST,
  INSERT_ROWS,
  toColumns,
  toLostRow,
} from "../../../../../services/gateway/store/postgres/budget-statements";
import { auditRow } from "../../../../support/services/audit-row";

/** What a row becomes, by column. */
function columnsOf(row: Parameters<typeof toColumns>[0][number]): Record<string, string | undefined> {
  const names = /INSERT INTO audit_log \(([^)]*)\)/.exec(INSERT_ROWS)?.[1]?.split(", ") ?? [];
  const values = toColumns([row]);
  expect(values).toHaveLength(names.length);
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

test("a lost request is charged what was reserved, and its row says that it failed", () => {
  // As it comes back from JSON.
  const row = {
    ...auditRow({ costNanoUsd: null }),
    startedAt: "2026-01-02T03:04:05.678Z" as unknown as Date,
  };
  expect(toLostRow({ row, reservedNano: 42 })).toEqual({
    ...row,
    startedAt: new Date("2026-01-02T03:04:05.678Z"),
    status: 500,
    errorType: GATEWAY_LOST,
    costNanoUsd: 42,
  });
});

test("every parameter of the statement has its column, and each column its parameter", () => {
  const parameters = new Set([...INSERT_ROWS.matchAll(/\$(\d+)::/g)].map(([, place]) => Number(place)));
  expect(parameters.size).toBe(toColumns([]).length);
  expect(columnsOf(auditRow())).toMatchObject({
    started_at: "{2026-01-02T03:04:05.678Z}",
    cost_nano_usd: "{147450}",
    end_user: "{NULL}",
    is_stream: "{true}",
  });
});

test("intents that were written before a column was there are written as what it is without", () => {
  const { workspace: _w, scope: _s, reasoningTokens: _r, webSearches: _b, repeats: _n, ...old } = auditRow();
  expect(columnsOf(old as ReturnType<typeof auditRow>)).toMatchObject({
    workspace: "{NULL}",
    scope: "{NULL}",
    reasoning_tokens: "{0}",
    web_searches: "{0}",
    repeats: "{0}",
  });
});

test("a row is not refused because a clock was set years ahead while its request ran", () => {
  expect(columnsOf(auditRow({ latencyMs: 1e12, ttftMs: 1e12 }))).toMatchObject({
    latency_ms: "{2147483647}",
    ttft_ms: "{2147483647}",
  });
});

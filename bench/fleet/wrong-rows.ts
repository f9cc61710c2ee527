import type { BenchDatabase } from "../processes/database";
import type { FakeUpstream, UpstreamStats } from "../processes/upstream";
import { INPUT_NANO_USD, MODEL, OUTPUT_NANO_USD } from "../targets/gateway-config";

/** Where counting begins. */
export interface CountingStart {
  readonly at: Date;
  readonly stats: UpstreamStats;
}

const FROM_NOTHING: CountingStart = {
  at: new Date(0),
  stats: {
    answers: 0,
    inputTokens: 0,
    outputTokens: 0,
    promptsChecked: 0,
    promptsWrong: 0,
    badRequests: 0,
    aborted: 0,
  },
};

/**
 * Compares audit rows with what the provider counted.
 * @param start what was there before does not count. @default - nothing was
 * @returns what differs; empty when nothing does
 */
export async function findWrongRows(
  database: BenchDatabase,
  upstream: FakeUpstream,
  start: CountingStart = FROM_NOTHING,
): Promise<string[]> {
  const [row] = await database.query<{ rows: string; spent: string }>(
    `SELECT count(*) AS rows, coalesce(sum(cost_nano_usd), 0) AS spent FROM audit_log
      WHERE started_at >= $1 AND model_requested = $2 AND status = 200`,
    [start.at, MODEL],
  );
  const stats = await upstream.stats();
  const cost =
    (stats.inputTokens - start.stats.inputTokens) * INPUT_NANO_USD +
    (stats.outputTokens - start.stats.outputTokens) * OUTPUT_NANO_USD;
  const wrong: string[] = [];
  const compare = (what: string, found: number, expected: number) => {
    if (found !== expected) wrong.push(`${what}: ${found}, expected ${expected}`);
  };
  compare("audit rows of answers", Number(row?.rows), stats.answers - start.stats.answers);
  compare("sum of costs in nano-USD", Number(row?.spent), cost);
  return wrong;
}

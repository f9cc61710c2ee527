import type { LoadResult } from "../processes/load-client";
import type { UpstreamStats } from "../processes/upstream";

/** @throws Error naming everything that client and upstream do not agree on */
export function assertRight(load: LoadResult, upstream: UpstreamStats): void {
  const wrong = Object.entries(load.failures).map(([kind, count]) => `${count} × ${kind}`);
  const compare = (what: string, found: number, wanted: number) => {
    if (found !== wanted) wrong.push(`${what}: ${found}, expected ${wanted}`);
  };
  if (load.answers === 0) wrong.push("no answers");
  compare("answers of the upstream", upstream.answers, load.answers);
  compare("streams that ended before their time", upstream.aborted, 0);
  compare("requests that the upstream did not understand", upstream.badRequests, 0);
  compare("prompts that arrived changed", upstream.promptsWrong, 0);
  if (wrong.length > 0) throw new Error(wrong.slice(0, 10).join("; "));
}

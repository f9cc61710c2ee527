import type { UpstreamStats } from "../processes/upstream";

/** What the upstream counted between two moments. */
export function statsDifference(now: UpstreamStats, before: UpstreamStats): UpstreamStats {
  return {
    answers: now.answers - before.answers,
    inputTokens: now.inputTokens - before.inputTokens,
    outputTokens: now.outputTokens - before.outputTokens,
    promptsChecked: now.promptsChecked - before.promptsChecked,
    promptsWrong: now.promptsWrong - before.promptsWrong,
    badRequests: now.badRequests - before.badRequests,
    aborted: now.aborted - before.aborted,
  };
}

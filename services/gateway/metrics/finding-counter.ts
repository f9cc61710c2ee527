import type { Finding } from "../guardrails/finding";
import type { MetricsRegistry } from "./registry";

/** Counts what the screening of requests finds. Labels are ids of patterns and actions: their number is known. */
export function createFindingCounter(
  registry: MetricsRegistry,
): (action: "mask" | "block", findings: readonly Finding[]) => void {
  const matches = registry.counter(
    "gateway_guardrail_matches_total",
    "Secrets and personal data found in requests, by pattern and by what was done.",
    ["pattern", "action"],
  );
  return (action, findings) => {
    for (const { patternId, count } of findings) matches.add(count, [patternId, action]);
  };
}

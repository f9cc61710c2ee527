import type { AuditRow } from "../ports/audit-log";
import type { MetricsRegistry } from "./registry";

/**
 * Counts audit rows: what metrics say and what the audit says have one source.
 * @param isModel whether a name is a configured model; others, which callers make up, count as `unknown`
 */
export function createRowCounter(
  registry: MetricsRegistry,
  isModel: (name: string) => boolean,
): (row: AuditRow) => void {
  const requests = registry.counter("gateway_model_requests_total", "Requests for a model, by outcome.", [
    "model",
    "status",
  ]);
  const tokens = registry.counter("gateway_tokens_total", "Tokens, by kind.", ["model", "kind"]);
  const firstContent = registry.histogram(
    "gateway_time_to_first_content_seconds",
    "From the request to the first content of its answer.",
    ["model"],
    [0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
  );
  return (row) => {
    if (row.modelRequested === null) return;
    const model = isModel(row.modelRequested) ? row.modelRequested : "unknown";
    requests.add(1, [model, String(row.status)]);
    tokens.add(row.inputTokens, [model, "input"]);
    tokens.add(row.outputTokens, [model, "output"]);
    tokens.add(row.cacheReadTokens, [model, "cache_read"]);
    tokens.add(row.cacheWriteTokens, [model, "cache_write"]);
    if (row.ttftMs !== null) firstContent.observe(row.ttftMs / 1000, [model]);
  };
}

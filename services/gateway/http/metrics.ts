import fp from "fastify-plugin";
import type { MetricsRegistry } from "../../shared/metrics-registry";
import type { Finding } from "../guardrails/find";
import type { Ledger } from "../money/ledger/ledger";
import type { AuditRow } from "../store/audit-log";

/**
 * `GET /metrics` for Prometheus, and a count of all requests. Labels are route patterns, methods and statuses: their
 * number is known; no key, user or amount of money is shown, because the route asks for no credential.
 */
export const metrics = fp<{ registry: MetricsRegistry }>(
  async (app, { registry }) => {
    const requests = registry.counter("gateway_http_requests_total", "Requests, by route and status.", [
      "method",
      "route",
      "status",
    ]);
    const durations = registry.histogram(
      "gateway_http_request_duration_seconds",
      "From the head of a request to the end of its answer.",
      ["route"],
      [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 30, 60, 300],
    );

    app.addHook("onResponse", (request, reply, done) => {
      const route = request.is404 ? "unknown" : (request.routeOptions.url ?? "unknown");
      const method = request.is404 ? "unknown" : request.method;
      requests.add(1, [method, route, String(reply.statusCode)]);
      durations.observe(reply.elapsedTime / 1000, [route]);
      done();
    });

    app.get("/metrics", { config: { isPublic: true } }, async (_request, reply) =>
      reply.type("text/plain; version=0.0.4; charset=utf-8").send(registry.render()),
    );
  },
  { name: "metrics", dependencies: ["request-id"] },
);

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

/** In seconds: a statement takes a millisecond or two, a synced one on a slow disk some tens. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Shows what a ledger holds, how long it waits for it, and what it settled for others. */
export function watchLeases(registry: MetricsRegistry, ledger: Pick<Ledger, "leases" | "watch">): void {
  registry.gauge("gateway_budget_leases_held", "Budgets of which room is leased.", () => ledger.leases);
  const duration = registry.histogram(
    "gateway_lease_duration_seconds",
    "Asking the database for leases, of several budgets at a time.",
    [],
    BOUNDS,
  );
  const settled = registry.counter(
    "gateway_dead_owner_settlements_total",
    "Owners of expired leases that were settled and released.",
  );
  settled.add(0);
  ledger.watch({
    onAsked: (ms) => duration.observe(ms / 1000),
    onSettled: (owners) => settled.add(owners),
  });
}

import fp from "fastify-plugin";
import type { MetricsRegistry } from "../metrics/registry";

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

import type { Capacity, CapacityLimits } from "../capacity";
import type { MetricsRegistry } from "./registry";

/** What may be in use at the same time, beside the gauges of what is. */
export function addLimitMetrics(
  registry: MetricsRegistry,
  { maxAnswers, maxBodyBytes, maxConnections }: CapacityLimits & { readonly maxConnections: number },
  capacity: Pick<Capacity, "isFull">,
): void {
  registry.gauge(
    "gateway_answer_places_limit",
    "Requests that may be answered at the same time.",
    () => maxAnswers,
  );
  registry.gauge("gateway_body_bytes_limit", "Request bodies that may be in memory.", () => maxBodyBytes);
  registry.gauge("gateway_connections_limit", "Connections that clients may have.", () => maxConnections);
  registry.gauge("gateway_full", "Whether requests for models are refused for want of room.", () =>
    Number(capacity.isFull),
  );
}

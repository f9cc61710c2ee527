import { addProcessMetrics } from "../../../../services/gateway/metrics/process-metrics";
import { MetricsRegistry } from "../../../../services/shared/metrics-registry";
import { eventually } from "../../../support/services/eventually";
import { valueOfSeries } from "../../../support/services/read-exposition";

const registry = new MetricsRegistry();
addProcessMetrics(registry, { version: "1.2.3" });

const shown = (series: string) => valueOfSeries(registry.render(), series);

/** Holds the thread up. */
function stall(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test("says which program it is and when it was started", () => {
  expect(shown(`gateway_build_info{version="1.2.3",node_version="${process.version}"}`)).toBe(1);
  expect(shown("process_start_time_seconds")).toBeCloseTo(performance.timeOrigin / 1000, 3);
});

test("shows memory, processor time and descriptors", () => {
  expect(shown("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(shown("nodejs_heap_size_used_bytes")).toBeGreaterThan(1_000_000);
  expect(shown("process_cpu_seconds_total")).toBeGreaterThan(0);
  const open = shown("process_open_fds") ?? 0;
  expect(open).toBeGreaterThan(2);
  expect(shown("process_max_fds")).toBeGreaterThan(open);
});

test("a thread that is held up shows in the delays of the event loop, at every scrape", async () => {
  // The loop is looked at only once it has turned.
  await new Promise((resolve) => setTimeout(resolve, 50));
  stall(400);
  await eventually(() => (shown("nodejs_eventloop_lag_max_seconds") ?? 0) > 0.3);
  // Whoever asks next sees it, too.
  expect(shown("nodejs_eventloop_lag_max_seconds")).toBeGreaterThan(0.3);
  expect(shown('nodejs_eventloop_utilization_seconds_total{state="active"}')).toBeGreaterThan(0.3);
});

test("collections of garbage are counted by kind", async () => {
  const collections = () => shown('nodejs_gc_duration_seconds_count{kind="minor"}') ?? 0;
  await eventually(() => {
    const garbage = Array.from({ length: 300_000 }, (_, index) => ({ index }));
    return garbage.length > 0 && collections() > 0;
  });
});

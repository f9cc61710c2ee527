import { readdirSync, readFileSync } from "node:fs";
import {
  constants,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from "node:perf_hooks";
import type { MetricsRegistry } from "../../shared/metrics-registry";

/** How long one measure of the event loop's delays lasts, in milliseconds. */
const WINDOW_MS = 15_000;
/** Between two looks at the event loop, in milliseconds: a shorter delay is not seen. */
const RESOLUTION_MS = 20;
/** What a container without a limit reports is more than any machine has, in bytes. */
const NO_LIMIT_BYTES = 2 ** 50;
const GC_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "major",
  [constants.NODE_PERFORMANCE_GC_MINOR]: "minor",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weakcb",
};

/** Of one window of time, in seconds. */
interface Delays {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const NO_DELAYS: Delays = { p50: 0, p99: 0, max: 0 };

/**
 * The process itself: time, memory, descriptors, the event loop and garbage. Names are those of Prometheus' own client libraries, so that
 * dashboards for Node.js know them. What the system does not tell has no series.
 * @param about which program this is
 */
export function addProcessMetrics(registry: MetricsRegistry, about: { readonly version: string }): void {
  registry.gauges(
    "gateway_build_info",
    "Which program this is; always 1.",
    ["version", "node_version"],
    () => [[[about.version, process.version], 1]],
  );
  registry.gauge(
    "process_start_time_seconds",
    "When the process was started, since 1970.",
    () => performance.timeOrigin / 1000,
  );
  registry.counts("process_cpu_seconds_total", "Time of processors that was used.", [], () => {
    const { user, system } = process.cpuUsage();
    return [[[], (user + system) / 1e6]];
  });
  addMemory(registry);
  addDescriptors(registry);
  addEventLoop(registry);
  addGarbage(registry);
}

function addMemory(registry: MetricsRegistry): void {
  registry.gauge("process_resident_memory_bytes", "Memory in use.", () => process.memoryUsage.rss());
  registry.gauges(
    "gateway_memory_limit_bytes",
    "Memory that the container may use; missing without a limit.",
    [],
    () => {
      const limit = process.constrainedMemory();
      return limit !== undefined && limit > 0 && limit < NO_LIMIT_BYTES ? [[[], limit]] : [];
    },
  );
  registry.gauge(
    "nodejs_heap_size_total_bytes",
    "Memory of the heap for objects.",
    () => process.memoryUsage().heapTotal,
  );
  registry.gauge(
    "nodejs_heap_size_used_bytes",
    "What objects use of it.",
    () => process.memoryUsage().heapUsed,
  );
  registry.gauge(
    "nodejs_external_memory_bytes",
    "Memory outside of the heap, such as that of buffers.",
    () => process.memoryUsage().external,
  );
}

function addDescriptors(registry: MetricsRegistry): void {
  registry.gauges("process_open_fds", "Open files, sockets among them.", [], () =>
    orNone(() => readdirSync("/proc/self/fd").length),
  );
  registry.gauges("process_max_fds", "Files that may be open.", [], () =>
    orNone(() => {
      const limit = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
      return limit === undefined ? undefined : Number(limit);
    }),
  );
}

/**
 * Delays are measured over windows of a fixed time, and of the last whole window and the present one the longer are shown: so a scrape
 * changes nothing for another one, as a measure would that begins anew with each.
 */
function addEventLoop(registry: MetricsRegistry): void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  // The time between two looks is no delay.
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1000);
  const read = (): Delays =>
    histogram.count === 0
      ? NO_DELAYS
      : {
          p50: seconds(histogram.percentile(50)),
          p99: seconds(histogram.percentile(99)),
          max: seconds(histogram.max),
        };
  let last = NO_DELAYS;
  setInterval(() => {
    last = read();
    histogram.reset();
  }, WINDOW_MS).unref();
  for (const [name, what] of [
    ["p50", "Half of the delays of the event loop were shorter."],
    ["p99", "Of a hundred delays of the event loop 99 were shorter."],
    ["max", "The longest delay of the event loop."],
  ] as const)
    registry.gauge(`nodejs_eventloop_lag_${name}_seconds`, `${what} Over the last 15 to 30 seconds.`, () =>
      Math.max(last[name], read()[name]),
    );
  registry.counts(
    "nodejs_eventloop_utilization_seconds_total",
    "Time in which the event loop worked, and in which it waited.",
    ["state"],
    () => {
      const { active, idle } = performance.eventLoopUtilization();
      return [
        [["active"], active / 1000],
        [["idle"], idle / 1000],
      ];
    },
  );
}

function addGarbage(registry: MetricsRegistry): void {
  const durations = registry.histogram(
    "nodejs_gc_duration_seconds",
    "Collections of garbage, by kind.",
    ["kind"],
    GC_SECONDS,
  );
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind: number } };
      durations.observe(entry.duration / 1000, [GC_KINDS[detail?.kind ?? 0] ?? "other"]);
    }
  }).observe({ entryTypes: ["gc"] });
}

/** What `read` gives, as the only series; none where the system does not have it. */
function orNone(read: () => number | undefined): [values: [], value: number][] {
  try {
    const value = read();
    return value === undefined ? [] : [[[], value]];
  } catch {
    return [];
  }
}

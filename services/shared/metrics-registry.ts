/** Label values, in the order of the metric's label names. */
export type LabelValues = readonly string[];

/** One series at a scrape. */
export type Sample = readonly [values: LabelValues, value: number];

/** Series of one metric at most. What comes after counts under `other`, so that a mistake cannot fill the memory. */
const MAX_SERIES = 1000;

interface Metric {
  render(): string[];
}

/** A few metrics in Prometheus' text format 0.0.4. */
export class MetricsRegistry {
  readonly #metrics: Metric[] = [];

  counter(name: string, help: string, labels: readonly string[] = []): Counter {
    return this.#add(new Counter(name, help, labels));
  }

  /** @param read asked at each scrape */
  gauge(name: string, help: string, read: () => number): void {
    this.#metrics.push({ render: () => [...head(name, help, "gauge"), `${name} ${read()}`] });
  }

  /**
   * A gauge with labels. What `readAll` leaves out has no series any more; of more series than are kept, the first stay.
   * @param readAll asked at each scrape
   */
  gauges(name: string, help: string, labels: readonly string[], readAll: () => Iterable<Sample>): void {
    this.#metrics.push({ render: () => renderSamples(head(name, help, "gauge"), name, labels, readAll()) });
  }

  /** Counts that somebody else keeps, and that only grow. @param readAll asked at each scrape */
  counts(name: string, help: string, labels: readonly string[], readAll: () => Iterable<Sample>): void {
    this.#metrics.push({ render: () => renderSamples(head(name, help, "counter"), name, labels, readAll()) });
  }

  /** @param bounds upper bounds of the buckets, rising, without infinity */
  histogram(name: string, help: string, labels: readonly string[], bounds: readonly number[]): Histogram {
    return this.#add(new Histogram(name, help, labels, bounds));
  }

  render(): string {
    return `${this.#metrics.flatMap((metric) => metric.render()).join("\n")}\n`;
  }

  #add<Added extends Metric>(metric: Added): Added {
    this.#metrics.push(metric);
    return metric;
  }
}

/** Only grows. */
export class Counter implements Metric {
  readonly #series: Series<number>;

  constructor(
    readonly name: string,
    readonly help: string,
    labels: readonly string[],
  ) {
    this.#series = new Series(labels, () => 0);
  }

  add(amount: number, values: LabelValues = []): void {
    this.#series.update(values, (sum) => sum + amount);
  }

  render(): string[] {
    const lines = this.#series.map((sum, labels) => `${this.name}${braced(labels)} ${sum}`);
    return [...head(this.name, this.help, "counter"), ...lines];
  }
}

/** Counts by size. */
export class Histogram implements Metric {
  readonly #series: Series<{ readonly counts: number[]; sum: number }>;

  constructor(
    readonly name: string,
    readonly help: string,
    labels: readonly string[],
    readonly bounds: readonly number[],
  ) {
    this.#series = new Series(labels, () => ({ counts: new Array(bounds.length + 1).fill(0), sum: 0 }));
  }

  observe(value: number, values: LabelValues = []): void {
    this.#series.update(values, (state) => {
      const place = this.bounds.findIndex((bound) => value <= bound);
      const index = place === -1 ? this.bounds.length : place;
      state.counts[index] = (state.counts[index] ?? 0) + 1;
      state.sum += value;
      return state;
    });
  }

  render(): string[] {
    const lines = this.#series.map(({ counts, sum }, labels) => {
      let total = 0;
      const buckets = counts.map((count, index) => {
        total += count;
        const bound = this.bounds[index] ?? "+Inf";
        return `${this.name}_bucket${braced([...labels, `le="${bound}"`])} ${total}`;
      });
      return [
        ...buckets,
        `${this.name}_sum${braced(labels)} ${sum}`,
        `${this.name}_count${braced(labels)} ${total}`,
      ].join("\n");
    });
    return [...head(this.name, this.help, "histogram"), ...lines];
  }
}

class Series<State> {
  /** By the values of the labels, with the labels as they are shown. */
  readonly #states = new Map<string, { readonly shown: readonly string[]; state: State }>();

  constructor(
    readonly labels: readonly string[],
    readonly create: () => State,
  ) {}

  update(values: LabelValues, change: (state: State) => State): void {
    const isFull = this.#states.size >= MAX_SERIES && !this.#states.has(values.join("\0"));
    const kept = isFull ? this.labels.map(() => "other") : values;
    const key = kept.join("\0");
    let entry = this.#states.get(key);
    if (entry === undefined) {
      entry = { shown: named(this.labels, kept), state: this.create() };
      this.#states.set(key, entry);
    }
    entry.state = change(entry.state);
  }

  map<Result>(show: (state: State, labels: readonly string[]) => Result): Result[] {
    return [...this.#states.values()].map(({ shown, state }) => show(state, shown));
  }
}

function renderSamples(
  lines: string[],
  name: string,
  labels: readonly string[],
  samples: Iterable<Sample>,
): string[] {
  let left = MAX_SERIES;
  for (const [values, value] of samples) {
    if (left === 0) break;
    left -= 1;
    lines.push(`${name}${braced(named(labels, values))} ${value}`);
  }
  return lines;
}

function named(labels: readonly string[], values: LabelValues): string[] {
  return labels.map((label, index) => `${label}="${escapeValue(values[index] ?? "")}"`);
}

function head(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function escapeValue(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

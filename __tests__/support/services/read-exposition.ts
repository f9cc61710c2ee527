/** What is shown of one metric. */
export interface ShownMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** Names of its labels, in their order, a histogram's `le` left out. `undefined`: it has no series. */
  readonly labels: readonly string[] | undefined;
  /** Series, and of a histogram their lines. */
  readonly lines: readonly string[];
}

/** Metrics by name. */
export type Exposition = ReadonlyMap<string, ShownMetric>;

/** Reads Prometheus' text format as far as tests need it. @throws when a line belongs to no metric, or one is shown twice */
export function readExposition(text: string): Exposition {
  const shown = new Map<string, ShownMetric & { readonly lines: string[] }>();
  let current:
    | (ShownMetric & { labels: readonly string[] | undefined; readonly lines: string[] })
    | undefined;
  let help = "";
  for (const line of text.trimEnd().split("\n")) {
    const [, kind, named = "", rest = ""] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") help = rest;
    else if (kind === "TYPE") {
      if (shown.has(named)) throw new Error(`${named} is shown twice`);
      current = { name: named, type: rest, help, labels: undefined, lines: [] };
      shown.set(named, current);
    } else {
      const [, name = "", labels = ""] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
      if (
        current === undefined ||
        (name.replace(/_(?:bucket|sum|count)$/, "") !== current.name && name !== current.name)
      )
        throw new Error(`no metric for: ${line}`);
      current.lines.push(line);
      current.labels ??= [...labels.matchAll(/(\w+)="/g)]
        .map(([, label = ""]) => label)
        .filter((label) => label !== "le");
    }
  }
  return shown;
}

/** @param series name, and labels as they are shown. @returns its value, `undefined` when it is not shown */
export function valueOfSeries(text: string, series: string): number | undefined {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

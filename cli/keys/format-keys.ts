import type { KeyDescription } from "./key-client";

/** A table of keys. */
export function formatKeys(keys: readonly KeyDescription[]): string {
  if (keys.length === 0) return "There are no keys yet.";
  const rows = [
    ["alias", "level", "spent", "budget", "rpm", "models", "state"],
    ...keys.map((key) => [
      key.alias ?? "",
      key.level ?? "–",
      key.spent_usd === undefined ? "–" : `$${key.spent_usd.toFixed(2)}`,
      budgetOf(key),
      String(key.requests_per_minute ?? "–"),
      modelsOf(key),
      key.state ?? "",
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One key, a line for each thing that is known of it. */
export function formatKey(key: KeyDescription): string {
  const lines: [string, string | undefined][] = [
    ["alias", key.alias ?? undefined],
    ["scope", key.scope ?? undefined],
    ["owner", key.owner ?? undefined],
    ["level", key.level ?? undefined],
    ["budget", budgetOf(key)],
    ["spent", key.spent_usd === undefined ? undefined : `$${key.spent_usd.toFixed(2)}`],
    ["resets", key.resets_at ?? undefined],
    ["requests a minute", key.requests_per_minute?.toString()],
    ["models", modelsOf(key)],
    ["state", key.state],
  ];
  return lines
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name.padEnd(18)}${value}`]))
    .join("\n");
}

function budgetOf({ budget_usd: budget, budget_period: period }: KeyDescription): string {
  if (budget === undefined || budget === null) return "–";
  return `$${budget}${period ? ` per ${period}` : ""}`;
}

function modelsOf({ models }: KeyDescription): string {
  if (models === undefined) return "–";
  return models.length === 0 ? "all" : models.join(",");
}

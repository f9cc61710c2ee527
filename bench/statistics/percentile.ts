/** Nearest rank: the smallest value that at least `part` (0 to 1) of all do not exceed. @returns undefined for none */
export function percentile(values: readonly number[], part: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1];
}

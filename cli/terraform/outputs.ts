/** A table of two columns, lists joined by commas. */
export function formatOutputs(outputs: Record<string, unknown>): string {
  const width = Math.max(0, ...Object.keys(outputs).map((name) => name.length));
  return Object.entries(outputs)
    .map(
      ([name, value]) =>
        `  ${name.padEnd(width)}  ${Array.isArray(value) ? value.join(", ") : String(value)}`,
    )
    .join("\n");
}

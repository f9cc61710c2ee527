import type { Terraform } from "./terraform";

/** Outputs of the stack by name. Empty before the first deploy. */
export async function readOutputs(terraform: Terraform): Promise<Record<string, unknown>> {
  const { stdout } = await terraform.run(["output", "-json"], { output: "collect" });
  const outputs = JSON.parse(stdout) as Record<string, { value: unknown; sensitive: boolean }>;
  return Object.fromEntries(
    Object.entries(outputs)
      .filter(([, { sensitive }]) => !sensitive)
      .map(([name, { value }]) => [name, value]),
  );
}

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

import { CHECK_KINDS, type Check } from "./check-enforcement";
import type { EnforcementCase } from "./enforcement-cases";

/** A key that was made, and what was found. */
export interface VerifiedCase {
  readonly case: EnforcementCase;
  readonly alias: string;
  readonly checks: readonly Check[];
}

/** What was verified where. */
export interface EnforcementReport {
  readonly url: string;
  readonly model: string;
  readonly cases: readonly VerifiedCase[];
}

/** Checks that do not hold. */
export function faultsOf({ cases }: EnforcementReport): Check[] {
  return cases.flatMap(({ checks }) => checks.filter(({ holds }) => !holds));
}

/** For scripts. No key is in it. */
export function reportAsJson(report: EnforcementReport): string {
  const { url, model, cases } = report;
  return JSON.stringify(
    {
      url,
      model,
      holds: faultsOf(report).length === 0,
      keys: cases.map(({ case: { level, scope, promptId }, alias, checks }) => ({
        alias,
        level: level ?? null,
        scope: scope ?? null,
        expected_prompt: promptId,
        checks: checks.map(({ kind, action, holds, fault }) => ({
          kind,
          action,
          holds,
          fault: fault ?? null,
        })),
      })),
    },
    null,
    2,
  );
}

/** A line for each key, a column for each kind of check; below it what does not hold. */
export function reportAsTable(report: EnforcementReport): string {
  const rows = [
    ["key", "rules", ...CHECK_KINDS],
    ...report.cases.map(({ case: { name, promptId }, checks }) => [
      name,
      promptId ?? "none",
      ...CHECK_KINDS.map((kind) => verdict(checks.filter((one) => one.kind === kind))),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const table = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
  const faults = report.cases.flatMap(({ case: { name }, checks }) =>
    checks.flatMap(({ action, fault }) => (fault === undefined ? [] : [`  ${name}, ${action}: ${fault}`])),
  );
  return [...table, ...(faults.length === 0 ? [] : ["", "Does not hold:", ...faults])].join("\n");
}

function verdict(checks: readonly Check[]): string {
  const held = checks.filter(({ holds }) => holds).length;
  return held === checks.length ? "holds" : `FAILED ${checks.length - held}/${checks.length}`;
}

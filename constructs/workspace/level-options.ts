import { BUILT_IN_LEVELS } from "../config/sections/enforcement";
import type { FormConfig, ParameterOption } from "./parameter";

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  unrestricted: "No rules.",
  standard: "The assistant checks its reasoning before it answers.",
  "design-first": "The assistant designs first, and writes code with your consent.",
};

/** Levels that the form offers, in the order of platform.yaml or from the loosest on. */
export function levelOptions({ enforcement, workspaces }: FormConfig): ParameterOption[] {
  const levels = [...BUILT_IN_LEVELS, ...enforcement.levels].toSorted((a, b) => a.strictness - b.strictness);
  const strictness = new Map(levels.map(({ name, strictness }) => [name, strictness]));
  const minimum = strictest([enforcement.minimum["*"], enforcement.minimum.workspace], strictness);
  const offered = workspaces.levels ?? levels.map(({ name }) => name);
  return offered.map((level) => {
    const isBelow = minimum !== undefined && (strictness.get(level) ?? 0) < (strictness.get(minimum) ?? 0);
    const description = isBelow
      ? `${minimum} applies in its place: it is the organisation's minimum.`
      : (DESCRIPTIONS[level] ?? "Rules of your organisation.");
    return { name: titleOf(level), value: level, description };
  });
}

function strictest(
  levels: readonly (string | undefined)[],
  strictness: ReadonlyMap<string, number>,
): string | undefined {
  return levels.reduce((strict, level) =>
    (strictness.get(level ?? "") ?? -1) > (strictness.get(strict ?? "") ?? -1) ? level : strict,
  );
}

/** `design-first` → `Design-first`. */
function titleOf(level: string): string {
  return level.charAt(0).toUpperCase() + level.slice(1);
}

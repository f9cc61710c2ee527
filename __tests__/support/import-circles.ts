import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Import, PROJECT } from "./source-files";

/**
 * Circles among `imports`, those of types included: nothing in a circle can be understood, tested or moved alone.
 * @returns one line a circle, such as `a → b → a`; not every circle when several share a file, but none only when there is none
 */
export function importCircles(imports: readonly Import[]): string[] {
  const targets = new Map<string, string[]>();
  for (const { from, file } of imports) {
    if (file === undefined) continue;
    const source = from.replace(/\.ts$/, "");
    targets.set(source, [...(targets.get(source) ?? []), moduleOf(file)]);
  }
  const circles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start !== -1) circles.push([...path.slice(start), file].join(" → "));
    if (start !== -1 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return circles;
}

/** A folder stands for its `index.ts`. */
const moduleOf = (file: string) =>
  existsSync(join(PROJECT, file, "index.ts")) && !existsSync(join(PROJECT, `${file}.ts`))
    ? `${file}/index`
    : file;

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve } from "node:path";

export const PROJECT = resolve(__dirname, "../..");

/** One `import`, `export … from`, `import()` or `require()` of a source file. */
export interface Import {
  /** Importing file, relative to the project, with `/`. */
  readonly from: string;
  /** Imported file relative to the project without extension; undefined for a package. */
  readonly file?: string;
  /** Imported package or Node module; undefined for a file. */
  readonly package?: string;
  /** True when only types are taken. */
  readonly typeOnly: boolean;
}

/** TypeScript files below `folder`, relative to the project, with `/`. */
export function sourceFiles(folder: string): string[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules/"))
    .sort();
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export(?!\s+["']))\s+(type\s)?([^'"`;]*?from\s*)?["']([^"']+)["']|(?:\bimport|\brequire)\(\s*["']([^"']+)["']\s*\)/g;

/** All imports of one file. */
export function importsOf(file: string): Import[] {
  const text = readFileSync(join(PROJECT, file), "utf8");
  return [...text.matchAll(IMPORT)].map(([, type, names = "", from, call]) => {
    const target = from ?? call ?? "";
    const inline = /^\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}\s*from\s*$/.test(names);
    const typeOnly = type !== undefined || inline;
    if (!target.startsWith(".")) return { from: file, package: target, typeOnly };
    const imported = relative(PROJECT, resolve(PROJECT, dirname(file), target));
    return { from: file, file: imported.replaceAll("\\", "/").replace(/\.ts$/, ""), typeOnly };
  });
}

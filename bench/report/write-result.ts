import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "..", "results");

/**
 * Writes the report to `bench/results/<date>.md`; the last run of a day stays.
 * @param kind of a run that is not about the usual goals, such as `year`: `<date>-year.md`
 * @returns the path
 */
export function writeResult(date: Date, text: string, kind?: string): string {
  const name = [date.toISOString().slice(0, 10), ...(kind === undefined ? [] : [kind])].join("-");
  const path = join(FOLDER, `${name}.md`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, text);
  return path;
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "..", "results");

/** Writes the report to `bench/results/<date>.md`; the last run of a day stays. @returns the path */
export function writeResult(date: Date, text: string): string {
  const path = join(FOLDER, `${date.toISOString().slice(0, 10)}.md`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path, text);
  return path;
}

import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a body for the load client, once. @returns the path */
export function bodyFile(folder: string, body: string): string {
  const file = join(folder, `body-${createHash("sha256").update(body).digest("hex").slice(0, 16)}.json`);
  if (!existsSync(file)) writeFileSync(file, body);
  return file;
}

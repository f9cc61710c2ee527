import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { PlatformSchema } from "../constructs/config/schema";

/** The editor's view of platform.yaml, made from the zod schema. Draft 7 is what YAML editors understand. */
export const SCHEMA_FILE = join(resolve(__dirname, ".."), "schemas/platform.schema.json");

/** Text of the schema file. */
export function renderSchema(): string {
  const schema = z.toJSONSchema(PlatformSchema, { io: "input", target: "draft-7" });
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (require.main === module) {
  if (!process.argv.includes("--check")) writeFileSync(SCHEMA_FILE, renderSchema());
  else if (readFileSync(SCHEMA_FILE, "utf8") !== renderSchema()) {
    console.error("schemas/platform.schema.json is stale. Remedy: npm run generate");
    process.exitCode = 1;
  }
}

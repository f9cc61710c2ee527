import { readFileSync } from "node:fs";
import { renderSchema, SCHEMA_FILE } from "../../tools/generate-schema";

describe("schemas/platform.schema.json", () => {
  it("is in step with the zod schema; if not, run: npm run generate", () => {
    expect(readFileSync(SCHEMA_FILE, "utf8")).toBe(renderSchema());
  });

  it("describes every setting and requires the version alone", () => {
    const schema = JSON.parse(renderSchema());
    expect(schema.required).toEqual(["apiVersion"]);
    const undescribed: string[] = [];
    const walk = (node: Record<string, unknown>, path: string) => {
      for (const [name, child] of Object.entries(
        (node["properties"] ?? {}) as Record<string, Record<string, unknown>>,
      )) {
        if (child["description"] === undefined && child["const"] === undefined)
          undescribed.push(`${path}${name}`);
        walk(child, `${path}${name}.`);
      }
    };
    walk(schema, "");
    expect(undescribed).toEqual([]);
  });
});

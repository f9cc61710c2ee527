import { readFileSync } from "node:fs";
import { REFERENCE_FILE, renderReference } from "../../tools/generate-configuration-reference";

describe("docs/configuration.md", () => {
  it("is in step with the schema; if not, run: npm run generate", () => {
    expect(readFileSync(REFERENCE_FILE, "utf8")).toBe(renderReference());
  });
});

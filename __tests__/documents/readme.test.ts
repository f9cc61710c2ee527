import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlatform } from "../../constructs";
import { readmeBlocks, readmeCommands } from "../support/readme";
import { PROJECT } from "../support/source-files";

/** Every command that README.md shows, and what runs it. A new one needs a line here and something that runs it. */
const RUN_BY: Readonly<Record<string, string>> = {
  "npm start": "__tests__/cli/commands/start.test.ts",
  "cp platform.example.yaml platform.yaml": "__tests__/acceptance/documents.test.ts",
  "npm ci": "__tests__/acceptance/documents.test.ts",
  "export ANTHROPIC_API_KEY=": "__tests__/acceptance/documents.test.ts",
  "npm run diff": "__tests__/acceptance/documents.test.ts",
  "npm run deploy": "__tests__/acceptance/documents.test.ts",
  "npm run status": "__tests__/acceptance/documents.test.ts",
  "MASTER_KEY=": "__tests__/acceptance/platform.test.ts",
  "curl -fsS http://localhost:4000/": "__tests__/acceptance/platform.test.ts",
  "npm run sluice -- verify enforcement": "__tests__/cli/commands/verify.test.ts",
  "npm test": ".ci/run",
  "npm run check": ".ci/run",
  "npm run bench": "by hand: it needs Go and minutes; __tests__/bench tests its parts",
  "npm run test:acceptance": ".ci/run",
};

describe("README.md", () => {
  it("shows a platform file that works", () => {
    const [file = ""] = readmeBlocks("yaml");
    expect(parsePlatform(file)).toEqual(parsePlatform("apiVersion: sluice/v1"));
  });

  it("shows no command that nothing runs", () => {
    const unknown = readmeCommands().filter(
      (command) => !Object.keys(RUN_BY).some((known) => command.startsWith(known)),
    );
    expect(unknown).toEqual([]);
  });

  it("names scripts that exist", () => {
    const { scripts } = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));
    for (const text of [
      readFileSync(join(PROJECT, "README.md"), "utf8"),
      readFileSync(join(PROJECT, "docs/operations.md"), "utf8"),
    ]) {
      for (const [, name = ""] of text.matchAll(/npm run ([\w:]+)/g))
        expect(Object.keys(scripts)).toContain(name);
    }
  });
});

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { scripts } from "../../package.json";
import { PROJECT } from "../support/source-files";
import { workflow, workflowText } from "../support/workflow";

const NAMES = readdirSync(join(PROJECT, ".github/workflows"));

describe.each(NAMES)("%s", (name) => {
  const text = workflowText(name);
  const { jobs, permissions, concurrency, defaults } = workflow(name);
  const steps = Object.values(jobs).flatMap(({ steps }) => steps);

  it("takes actions by commit, with the version beside it", () => {
    const uses = [...text.matchAll(/uses: (.+)$/gm)].map(([, use]) => use);
    expect(uses.length).toBeGreaterThan(0);
    for (const use of uses) expect(use).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("has the least permissions, and keeps no token in the checkout", () => {
    expect([{}, { contents: "read" }]).toContainEqual(permissions);
    for (const { uses, with: options } of steps) {
      if (uses?.startsWith("actions/checkout@")) expect(options?.["persist-credentials"]).toBe(false);
    }
  });

  it("ends: every job has a time-out, and a newer run takes an older one's place", () => {
    for (const job of Object.values(jobs)) expect(job["timeout-minutes"]).toBeLessThanOrEqual(90);
    expect(concurrency).toHaveProperty("cancel-in-progress");
  });

  it("hides no failure: pipes fail with their first command", () =>
    expect(defaults?.run?.shell).toBe("bash"));

  it("puts no expression of an event into a script", () => {
    for (const { run, with: options } of steps)
      expect(`${run ?? ""}${options?.["script"] ?? ""}`).not.toContain("${{");
  });

  it("runs scripts that there are", () => {
    for (const { run = "" } of steps) {
      for (const [, script = ""] of run.matchAll(
        /npm (?:run )?(?:--silent )?(test(?::\w+)?|check|sluice)\b/g,
      )) {
        expect(Object.keys(scripts)).toContain(script);
      }
    }
  });
});

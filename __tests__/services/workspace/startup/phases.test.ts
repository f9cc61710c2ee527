import { describeProblems, runPhases } from "../../../../services/workspace/startup/phases";

it("a phase that fails does not keep the next one from running, and is told with its remedy", async () => {
  const lines: string[] = [];
  const phase = (name: string, run: () => Promise<string>) => ({
    ...{ name, isEssential: true, remedy: `mend ${name}` },
    run,
  });
  const problems = await runPhases(
    [
      phase("one", async () => {
        throw new Error("broken");
      }),
      phase("two", async () => "done"),
      phase("three", async () => ""),
    ],
    (name, message) => lines.push(`${name}: ${message}`),
  );
  expect(lines).toEqual(["one: FAILED: broken", "two: done"]);
  expect(problems).toEqual([{ phase: "one", message: "broken", remedy: "mend one", isEssential: true }]);
  expect(describeProblems(problems)).toBe("! one: broken\n  Remedy: mend one\n");
});

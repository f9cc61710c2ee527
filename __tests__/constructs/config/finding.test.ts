import { type ConfigFinding, formatFinding, formatProblem } from "../../../constructs/config/finding";

it.each<[string, ConfigFinding, string]>([
  ["a problem alone", { problem: "is wrong" }, "is wrong"],
  [
    "the place of a file",
    { file: "a.yaml", line: 2, column: 3, problem: "is a list" },
    "a.yaml:2:3 is a list",
  ],
  ["a file without a line", { file: "a.yaml", problem: "there is none" }, "a.yaml: there is none"],
  ["a setting of a file", { file: "a.yaml", setting: "name", problem: "is empty" }, "a.yaml name: is empty"],
  [
    "everything",
    {
      file: "a.yaml",
      line: 2,
      column: 3,
      setting: "ports.gateway",
      problem: "is too small",
      value: "1",
      allowed: "1024 and more",
      remedy: "correct it",
    },
    "a.yaml:2:3 ports.gateway: is too small, got 1; allowed: 1024 and more; remedy: correct it",
  ],
])("formats a finding with %s", (_parts, finding, text) => expect(formatFinding(finding)).toBe(text));

it("leaves the remedy out of the problem", () => {
  expect(formatProblem({ setting: "name", problem: "is empty", remedy: "write one" })).toBe("name: is empty");
});

import { createHash } from "node:crypto";
import { planEnforcementCases } from "../../../cli/verify/enforcement-cases";
import { EnforcementLevels } from "../../../services/gateway/enforcement/levels";

const TEXTS = { "standard.md": "S\n", "design-first.md": "D", "pair.md": "P" };
const id = (level: string, text: string) =>
  `${level}@${createHash("sha256").update(text).digest("hex").slice(0, 12)}`;
const pair = { name: "pair", file: "pair.md", strictness: 150 };

it("has each level, a key without one, and each minimum of a scope", () => {
  const enforcement = {
    default: "pair",
    minimum: { ci: "standard", "agent:write": "design-first" },
    levels: [pair],
  };
  expect(planEnforcementCases(enforcement, TEXTS)).toEqual([
    { name: "unrestricted", level: "unrestricted", promptId: null },
    { name: "standard", level: "standard", promptId: id("standard", "S") },
    { name: "design-first", level: "design-first", promptId: id("design-first", "D") },
    { name: "pair", level: "pair", promptId: id("pair", "P") },
    { name: "default", level: undefined, promptId: id("pair", "P") },
    { name: "minimum-ci", level: "unrestricted", scope: "ci", promptId: id("standard", "S") },
    {
      name: "minimum-agent-write",
      level: "unrestricted",
      scope: "agent:write",
      promptId: id("design-first", "D"),
    },
  ]);
});

it.each([
  ["no minimum", {}],
  ["one of every key", { "*": "standard" }],
  ["several that hold for one key", { "*": "standard", agent: "pair", "agent:review": "unrestricted" }],
])("expects what the gateway has: %s", (_what, minimum: Record<string, string>) => {
  const gateway = new EnforcementLevels({
    custom: [pair],
    defaultLevel: "standard",
    minimumByScope: minimum,
  });
  for (const { level, scope, promptId } of planEnforcementCases(
    { default: "standard", minimum, levels: [pair] },
    TEXTS,
  )) {
    const { name, file } = gateway.levelOf({
      scope,
      ...(level === undefined ? {} : { enforcement_level: level }),
    });
    expect([level, scope, promptId?.split("@")[0] ?? null]).toEqual([
      level,
      scope,
      file === undefined ? null : name,
    ]);
  }
});

import { MOST_MODELS } from "../../../../constructs/config/sections/workspaces";
import { configFindings } from "../../../support/config-findings";
import { platformConfig } from "../../../support/platform-fixture";

const workspaces = (text: string) => `workspaces: { ${text} }`;

it("has defaults for everything", () => {
  expect(platformConfig().workspaces).toEqual({
    defaultLevel: "standard",
    cpus: { default: 2, max: 4 },
    memoryGigabytes: { default: 4, max: 8 },
    autostopHours: 12,
  });
});

it.each([
  "levels: [design-first, standard]",
  "models: [claude-opus-4-5], defaultModel: claude-opus",
  "defaultModel: claude-sonnet-4-5",
  "cpus: { default: 4, max: 4 }",
  "autostopHours: 0",
])("takes %s", (text) => expect(configFindings(workspaces(text))).toEqual([]));

it("takes a level of one's own", () => {
  const own = "enforcement: { levels: [{ name: strict, file: design-first.md, strictness: 300 }] }";
  expect(configFindings(`${own}\n${workspaces("levels: [strict], defaultLevel: strict")}`)).toEqual([]);
});

it.each([
  [
    "levels: [standard, strikt]",
    '2:34 workspaces.levels[1]: is not a level, got "strikt"; allowed: unrestricted, standard, design-first; remedy: name one of them, or add it to enforcement.levels',
  ],
  [
    "levels: [standard, standard]",
    '2:34 workspaces.levels[1]: is there already, as workspaces.levels[0], got "standard"; allowed: each name once; remedy: remove one of the two',
  ],
  [
    "levels: []",
    "2:23 workspaces.levels: is too small, got 0 entries; allowed: at least 1 entries; remedy: correct it",
  ],
  [
    // The default level is written nowhere: the finding stands where it was left out.
    "levels: [design-first]",
    '2:23 workspaces.defaultLevel: is not offered, got "standard"; allowed: design-first; remedy: name one of them, or add it to workspaces.levels',
  ],
  [
    "defaultLevel: standrd",
    '2:29 workspaces.defaultLevel: is not offered, got "standrd"; allowed: unrestricted, standard, design-first; remedy: did you mean standard? name one of them, or add it to workspaces.levels',
  ],
  [
    "models: [claude-sonet-4-5]",
    '2:24 workspaces.models[0]: is not a model, got "claude-sonet-4-5"; allowed: claude-sonnet-4-5, claude-haiku-4-5, claude-opus-4-5; remedy: did you mean claude-sonnet-4-5? name one of them, or add it to models',
  ],
  [
    "models: [claude-haiku-4-5], defaultModel: claude-sonnet",
    '2:57 workspaces.defaultModel: is not offered, got "claude-sonnet"; allowed: claude-haiku, claude-haiku-4-5; remedy: name one of them, or add it to workspaces.models',
  ],
  [
    "cpus: { default: 9 }",
    "2:32 workspaces.cpus.default: is more than workspaces.cpus.max, 4, got 9; allowed: 1 to 4; remedy: lower it, or raise the maximum",
  ],
  [
    "memoryGigabytes: { max: 2 }",
    "2:39 workspaces.memoryGigabytes.default: is more than workspaces.memoryGigabytes.max, 2, got 4; allowed: 1 to 2; remedy: lower it, or raise the maximum",
  ],
  [
    "autostopHours: 721",
    "2:30 workspaces.autostopHours: is too large, got 721; allowed: a whole number from 0 to 720; remedy: correct it, or remove the line for the default, 12",
  ],
])("refuses %s, where it stands", (text, finding) => {
  expect(configFindings(workspaces(text))).toEqual([`platform.yaml:${finding}`]);
});

it("takes a platform with more models than a form has room for", () => {
  const models = Array.from(
    { length: MOST_MODELS + 1 },
    (_, index) =>
      `{ name: m${index}, deployments: [{ provider: anthropic, model: x }], prices: { input: 1, output: 1 } }`,
  );
  expect(configFindings(`models: [${models.join(", ")}]`)).toEqual([]);
  const names = Array.from({ length: MOST_MODELS + 1 }, (_, index) => `m${index}`);
  expect(
    configFindings(`models: [${models.join(", ")}]\nworkspaces: { models: [${names.join(", ")}] }`)[0],
  ).toContain("workspaces.models: is too large, got 61 entries; allowed: at most 60 entries");
});

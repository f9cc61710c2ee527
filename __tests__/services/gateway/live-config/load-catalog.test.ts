import { parseConfigFile } from "../../../../services/gateway/live-config/load-catalog";

function issuesOf(yaml: string): string[] {
  try {
    parseConfigFile(yaml);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}

const ONE = (params: string, info = "") => `
model_list:
  - model_name: m
    litellm_params: { model: anthropic/claude-sonnet-4-5, api_key: os.environ/ANTHROPIC_API_KEY${params} }
${info === "" ? "" : `    model_info: { ${info} }`}
`;

test.each([
  [
    "a typo",
    ONE(", api_bse: x"),
    "config.yaml:4:98 model_list.0.litellm_params.api_bse: is not a known setting; correct its name or remove it",
  ],
  [
    "a literal key",
    "model_list:\n  - model_name: m\n    litellm_params:\n      model: anthropic/x\n      api_key: planted-secret\n",
    "config.yaml:5:7 model_list.0.litellm_params.api_key: must be os.environ/NAME",
  ],
  [
    "another provider",
    "model_list:\n  - model_name: m\n    litellm_params: { model: openai/gpt }\n",
    "config.yaml:3:23 model_list.0.litellm_params.model: must begin with anthropic/ or bedrock/",
  ],
  [
    "no name",
    "model_list:\n  - litellm_params: { model: anthropic/x }\n",
    "config.yaml:2:5 model_list.0.model_name: is missing",
  ],
  [
    "one price",
    ONE("", "input_cost_per_token: 3e-06"),
    "config.yaml:5:5 model_list.0.model_info: has only one of",
  ],
  [
    "a negative price",
    ONE("", "input_cost_per_token: -1, output_cost_per_token: 1"),
    "config.yaml:5:19 model_list.0.model_info.input_cost_per_token: is -1; must be USD a token",
  ],
  [
    "another master key",
    "model_list: []\ngeneral_settings:\n  master_key: os.environ/OTHER\n",
    "config.yaml:3:3 general_settings.master_key: must be os.environ/LITELLM_MASTER_KEY",
  ],
  [
    "message logging",
    "model_list: []\nlitellm_settings: { turn_off_message_logging: false }\n",
    "config.yaml:2:21 litellm_settings.turn_off_message_logging: must be true",
  ],
  [
    "a typo in the levels",
    "model_list: []\nenforcement_settings:\n  default: standard\n",
    "config.yaml:3:3 enforcement_settings.default: is not a known setting; correct its name or remove it",
  ],
  [
    "an unknown default level",
    "model_list: []\nenforcement_settings:\n  default_level: strict\n",
    "config.yaml:3:3 enforcement_settings.default_level: strict is not one of unrestricted, standard, design-first",
  ],
  [
    "an unknown minimum",
    "model_list: []\nenforcement_settings:\n  minimum_by_scope: { ci: strict }\n",
    "config.yaml:3:23 enforcement_settings.minimum_by_scope.ci: strict is not one of unrestricted, standard,",
  ],
  [
    "a scope that is none",
    "model_list: []\nenforcement_settings: { minimum_by_scope: { 'ci:': standard } }\n",
    "config.yaml:2:45 enforcement_settings.minimum_by_scope.ci:: a scope is *, or names joined by colons",
  ],
  [
    "a level in the place of a standard one",
    "model_list: []\nenforcement_settings:\n  levels: [{ name: standard, file: a.md, strictness: 1 }]\n",
    "config.yaml:3:14 enforcement_settings.levels.0.name: has the same name as another level",
  ],
  [
    "a file outside the directory",
    "model_list: []\nenforcement_settings:\n  levels: [{ name: a, file: ../a.md, strictness: 1 }]\n",
    "config.yaml:3:23 enforcement_settings.levels.0.file: file must be the plain name of a .md file",
  ],
  [
    "a level without its file",
    "model_list: []\nenforcement_settings:\n  levels: [{ name: a, strictness: 1 }]\n",
    "config.yaml:3:12 enforcement_settings.levels.0.file: is missing; must be the plain name of a .md file in",
  ],
  ["no list", "{}\n", "config.yaml:1:1 model_list: must be a list of models"],
  ["nothing", "", "config.yaml:1:1 must contain model_list"],
  ["no YAML", "model_list: [\n", "config.yaml:2:1 "],
])("%s is refused with its place", (_name, yaml, expected) => {
  const issues = issuesOf(yaml);
  expect(issues.find((issue) => issue.startsWith(expected)) ?? issues).toEqual(
    expect.stringContaining(expected),
  );
  expect(issues.join()).not.toContain("planted-secret");
});

test("all issues at once", () => {
  expect(
    issuesOf("model_list:\n  - { model_name: m, litellm_params: { model: x }, extra: 1 }\nunknown: 1\n"),
  ).toHaveLength(3);
});

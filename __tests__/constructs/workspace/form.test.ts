import { workspaceForm } from "../../../constructs/workspace/form";
import type { Parameter, ParameterName } from "../../../constructs/workspace/parameter";
import { renderParameters } from "../../../constructs/workspace/parameters-file";
import { type ParsedHcl, parseHcl } from "../../support/parse-hcl";
import { platformConfig } from "../../support/platform-fixture";

const form = (yaml = "") => workspaceForm(platformConfig(yaml));

function parameter(name: ParameterName, yaml = ""): Parameter {
  const found = form(yaml).parameters.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no parameter ${name}`);
  return found;
}

function optionsOf(name: ParameterName, yaml = "") {
  const { input } = parameter(name, yaml);
  return input.kind === "dropdown" ? input.options : [];
}
const valuesOf = (name: ParameterName, yaml = "") => optionsOf(name, yaml).map(({ value }) => value);

/** Of Coder 2.30, below `site/static`. */
const CODER_HAS = [
  ..."code container claude dotfiles folder git memory opencode widgets"
    .split(" ")
    .map((name) => `/icon/${name}.svg`),
  ..."1f310 1f4d0 1f511 1f5a5-fe0f 1f6ab 1f6e1-fe0f 1f916 1f9e0 2600-fe0f 26a1"
    .split(" ")
    .map((name) => `/emojis/${name}.png`),
];

const models = (...names: string[]) =>
  `models: [${names.map((name) => `{ name: ${name}, deployments: [{ provider: anthropic, model: x }], prices: { input: 1, output: 1 } }`).join(", ")}]`;

describe("public names and values, which guides and workspaces that exist depend on", () => {
  it("are the parameters in this order", () => {
    expect(form().parameters.map(({ name }) => name)).toEqual([
      "ai_assistant",
      "litellm_api_key",
      "ai_model",
      "ai_gateway_url",
      "ai_enforcement_level",
      "cpu",
      "memory",
      "repository",
      "dotfiles",
    ]);
  });

  it("are the defaults of the guide", () => {
    const defaults = Object.fromEntries(form().parameters.map((one) => [one.name, one.default]));
    expect(defaults).toEqual({
      ai_assistant: "roo-code",
      litellm_api_key: "",
      ai_model: "claude-sonnet",
      ai_gateway_url: "http://litellm:4000",
      ai_enforcement_level: "standard",
      cpu: "2",
      memory: "4",
      repository: "",
      dotfiles: "",
    });
  });

  it("are the options", () => {
    expect(valuesOf("ai_assistant")).toEqual([
      "roo-code",
      "zoo-code",
      "opencode",
      "claude-code",
      "all",
      "none",
    ]);
    expect(valuesOf("ai_model")).toEqual(
      expect.arrayContaining(["claude-sonnet", "claude-haiku", "claude-opus"]),
    );
    expect(valuesOf("ai_enforcement_level")).toEqual(["unrestricted", "standard", "design-first"]);
  });

  it("stay when the platform goes on to newer models and a stricter minimum", () => {
    const later = `${models("claude-sonnet-5", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-opus-4-5")}
enforcement: { minimum: { workspace: design-first }, levels: [{ name: strict, file: design-first.md, strictness: 300 }] }`;
    for (const name of ["ai_assistant", "ai_model", "ai_enforcement_level"] as const) {
      expect(valuesOf(name, later)).toEqual(expect.arrayContaining(valuesOf(name)));
    }
  });
});

describe("ai_model", () => {
  it("offers aliases, then models by their own names", () => {
    expect(
      optionsOf("ai_model", models("gpt-5", "claude-haiku-4-5")).map(({ name, value }) => [name, value]),
    ).toEqual([
      ["Claude Haiku", "claude-haiku"],
      ["gpt-5", "gpt-5"],
      ["claude-haiku-4-5", "claude-haiku-4-5"],
    ]);
    expect(optionsOf("ai_model")[0]?.description).toBe("The platform's choice, now claude-sonnet-4-5.");
  });

  it("begins with what platform.yaml says, else a Sonnet, else the first", () => {
    expect(parameter("ai_model", "workspaces: { defaultModel: claude-opus }").default).toBe("claude-opus");
    expect(parameter("ai_model", models("claude-haiku-4-5", "claude-sonnet-4-5")).default).toBe(
      "claude-sonnet",
    );
    expect(parameter("ai_model", models("gpt-5", "claude-haiku-4-5")).default).toBe("gpt-5");
  });

  it("offers no more than the form has room for", () => {
    const many = models(...Array.from({ length: 70 }, (_, index) => `claude-sonnet-${index}`));
    expect(optionsOf("ai_model", many)).toHaveLength(61);
  });
});

describe("ai_enforcement_level", () => {
  it("says which levels the minimum replaces", () => {
    const yaml = `enforcement: { minimum: { "*": standard, workspace: design-first } }`;
    expect(optionsOf("ai_enforcement_level", yaml).map(({ description }) => description)).toEqual([
      "design-first applies in its place: it is the organisation's minimum.",
      "design-first applies in its place: it is the organisation's minimum.",
      "The assistant designs first, and writes code with your consent.",
    ]);
  });

  it("offers what platform.yaml says, in its order", () => {
    expect(valuesOf("ai_enforcement_level", "workspaces: { levels: [design-first, standard] }")).toEqual([
      "design-first",
      "standard",
    ]);
  });
});

describe("what is typed", () => {
  const accepts = (name: ParameterName, text: string) => {
    const { input } = parameter(name);
    return input.kind === "text" && new RegExp(input.regex).test(text);
  };

  it.each([
    ["litellm_api_key", ["", "sk-abc"], ["abc", " sk-abc"]],
    [
      "ai_gateway_url",
      ["http://litellm:4000", "https://gateway.example/ai/", "http://10.0.0.1"],
      [
        "",
        "litellm:4000",
        "http://user:word@x",
        "http://x?a=b",
        "http://x#a",
        "ftp://x",
        "http://x y",
        "http://-x",
      ],
    ],
    [
      "repository",
      [
        "",
        "https://git.example/team/project.git",
        "ssh://git@git.example:22/p",
        "git@git.example:team/p.git",
        "https://git@x.example/p",
      ],
      [
        "https://user:word@git.example/p",
        "--upload-pack=x",
        "ext::sh -c x",
        "https://-x/p",
        "/etc",
        "file:///etc",
        "git@x:-p",
        "https://x/a b",
      ],
    ],
  ] as const)("as %s is checked", (name, good, bad) => {
    expect(good.filter((text) => !accepts(name, text))).toEqual([]);
    expect(bad.filter((text) => accepts(name, text))).toEqual([]);
  });
});

describe("presets", () => {
  const preset = (name: string, yaml = "") => form(yaml).presets.find((one) => one.name === name);

  it("choose for the purpose", () => {
    expect(form().presets.map(({ name, isDefault }) => [name, isDefault])).toEqual([
      ["Daily", true],
      ["Design-first", false],
      ["Quick", false],
    ]);
    expect(preset("Design-first")?.values).toEqual({
      ai_model: "claude-opus",
      ai_enforcement_level: "design-first",
      cpu: "2",
      memory: "4",
    });
    expect(preset("Quick")?.values).toMatchObject({ ai_model: "claude-haiku", cpu: "1", memory: "2" });
  });

  it.each([
    "",
    "workspaces: { levels: [standard] }",
    "workspaces: { models: [claude-haiku-4-5], cpus: { default: 1, max: 1 }, memoryGigabytes: { default: 1, max: 1 } }",
    models("gpt-5"),
  ])("have only values that the form offers: %s", (yaml) => {
    for (const { values } of form(yaml).presets) {
      for (const [name, value] of Object.entries(values) as [ParameterName, string][]) {
        const { input } = parameter(name, yaml);
        if (input.kind === "dropdown") expect(valuesOf(name, yaml)).toContain(value);
        if (input.kind === "slider") {
          expect(Number(value)).toBeGreaterThanOrEqual(input.min);
          expect(Number(value)).toBeLessThanOrEqual(input.max);
        }
      }
    }
  });
});

it("has icons that Coder serves", () => {
  const { parameters, presets } = form();
  const options = parameters.flatMap(({ input }) => (input.kind === "dropdown" ? input.options : []));
  const icons = [...parameters, ...presets, ...options].flatMap(({ icon }) => icon ?? []);
  expect(icons.filter((icon) => !CODER_HAS.includes(icon))).toEqual([]);
});

describe("parameters.tf", () => {
  const yaml = "workspaces: { cpus: { max: 6 } }";
  let parsed: ParsedHcl;
  beforeAll(async () => {
    parsed = await parseHcl(renderParameters(form(yaml)));
  });

  it("has the whole form, as Coder reads it", () => {
    const read = parsed["data"]?.["coder_parameter"] ?? {};
    const expected = form(yaml).parameters.map(
      ({ name, displayName, description, icon, input, ...rest }, index) => {
        const common = {
          name,
          display_name: displayName,
          description,
          icon,
          default: rest.default,
          mutable: true,
          order: index + 1,
        };
        if (input.kind === "dropdown")
          return { ...common, type: "string", form_type: "dropdown", option: input.options };
        if (input.kind === "slider") {
          return {
            ...common,
            type: "number",
            form_type: "slider",
            validation: [{ min: input.min, max: input.max }],
          };
        }
        const { regex, error, isMasked } = input;
        return {
          ...common,
          type: "string",
          form_type: "input",
          validation: [{ regex, error }],
          ...(isMasked ? { styling: '{"mask_input":true}' } : {}),
        };
      },
    );
    expect(Object.entries(read)).toEqual(expected.map((one) => [one.name, [one]]).sort());
  });

  it("has the presets", () => {
    const read = Object.values(parsed["data"]?.["coder_workspace_preset"] ?? {}).flat();
    const expected = form(yaml).presets.map(({ name, description, icon, isDefault, values }) => ({
      name,
      description,
      icon,
      default: isDefault,
      parameters: values,
    }));
    expect(read).toEqual(expected);
  });
});

import { type HclBlock, renderHcl } from "./hcl";
import type { Parameter, ParameterName, ParameterOption, Preset, WorkspaceForm } from "./parameter";

/** Native HCL: from JSON Coder's form takes neither options nor validation. */
const HEADER =
  "# Generated from constructs/workspace. JSON would lose options and validation in Coder's form.\n\n";

/** Text of `parameters.tf`: the form as Coder reads it. */
export function renderParameters({ parameters, presets }: WorkspaceForm): string {
  return HEADER + renderHcl([...parameters.map(parameterBlock), ...presets.map(presetBlock)]);
}

/** Expression for the value of a parameter. */
export function parameterValue(name: ParameterName): string {
  return `data.coder_parameter.${name}.value`;
}

function parameterBlock(parameter: Parameter, index: number): HclBlock {
  const { name, displayName, description, icon, input } = parameter;
  const isNumber = input.kind === "slider";
  return {
    type: "data",
    labels: ["coder_parameter", name],
    attributes: {
      name,
      display_name: displayName,
      description,
      icon,
      type: isNumber ? "number" : "string",
      form_type: input.kind === "text" ? "input" : input.kind,
      default: parameter.default,
      mutable: true,
      order: index + 1,
      styling: input.kind === "text" && input.isMasked ? JSON.stringify({ mask_input: true }) : undefined,
    },
    blocks: blocksOf(input),
  };
}

function blocksOf(input: Parameter["input"]): HclBlock[] {
  switch (input.kind) {
    case "dropdown":
      return input.options.map(optionBlock);
    case "text":
      return [{ type: "validation", attributes: { regex: input.regex, error: input.error } }];
    case "slider":
      return [{ type: "validation", attributes: { min: input.min, max: input.max } }];
  }
}

function optionBlock({ name, value, description, icon }: ParameterOption): HclBlock {
  return { type: "option", attributes: { name, value, description, icon } };
}

function presetBlock({ name, description, icon, isDefault, values }: Preset): HclBlock {
  return {
    type: "data",
    labels: ["coder_workspace_preset", name.toLowerCase()],
    attributes: { name, description, icon, default: isDefault, parameters: values },
  };
}

import { modelAliases } from "../config/model-aliases";
import { MOST_MODELS } from "../config/sections/workspaces";
import type { FormConfig, ParameterOption } from "./parameter";

const ICON = "/icon/claude.svg";

/** Names of the models that the form offers, in order. */
export function offeredModels({
  models,
  workspaces,
}: Pick<FormConfig, "models" | "workspaces">): readonly string[] {
  return workspaces.models ?? models.map(({ name }) => name).slice(0, MOST_MODELS);
}

/** The aliases, which follow the platform's choice, then every model by its own name, which stays. */
export function modelOptions(config: Pick<FormConfig, "models" | "workspaces">): ParameterOption[] {
  const models = offeredModels(config);
  const aliases = Object.entries(modelAliases(models)).map(([alias, model]) => ({
    name: titleOf(alias),
    value: alias,
    description: `The platform's choice, now ${model}.`,
    icon: ICON,
  }));
  const named = models.map((model) => ({
    name: model,
    value: model,
    ...(model.includes("claude") ? { icon: ICON } : {}),
  }));
  return [...aliases, ...named];
}

/** Value of `ai_model` at first. */
export function defaultModel(config: Pick<FormConfig, "models" | "workspaces">): string {
  const values = modelOptions(config).map(({ value }) => value);
  const wanted = config.workspaces.defaultModel ?? "claude-sonnet";
  return values.includes(wanted) ? wanted : (offeredModels(config)[0] ?? wanted);
}

/** Name of a model for people: `claude-sonnet-4-5` → `Claude Sonnet 4.5`; one of another form stays as it is. */
export function titleOf(model: string): string {
  const [, family = "", version = ""] = /^claude-([a-z]+)((?:-\d{1,2})*)$/.exec(model) ?? [];
  if (family === "") return model;
  const title = `Claude ${family.charAt(0).toUpperCase()}${family.slice(1)}`;
  return version === "" ? title : `${title} ${version.slice(1).replaceAll("-", ".")}`;
}

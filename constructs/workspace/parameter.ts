import type { PlatformConfig } from "../config/schema";

/** The parts of platform.yaml that the form is made of. */
export type FormConfig = Pick<PlatformConfig, "models" | "enforcement" | "workspaces">;

/**
 * Names of the parameters: public, since scripts, links and workspaces that exist give values by them. None is ever renamed, and values
 * that were valid stay valid.
 */
export type ParameterName =
  | "ai_assistant"
  | "litellm_api_key"
  | "ai_model"
  | "ai_gateway_url"
  | "ai_enforcement_level"
  | "cpu"
  | "memory"
  | "repository"
  | "dotfiles";

/** An entry of a list to choose from. */
export interface ParameterOption {
  readonly name: string;
  readonly value: string;
  readonly description?: string;
  readonly icon?: string;
}

/** One input of the form. Every one has a default and can be changed later. */
export interface Parameter {
  readonly name: ParameterName;
  readonly displayName: string;
  readonly description: string;
  /** Path of an icon that Coder serves. */
  readonly icon: string;
  readonly input:
    | { readonly kind: "dropdown"; readonly options: readonly ParameterOption[] }
    | { readonly kind: "text"; readonly regex: string; readonly error: string; readonly isMasked?: true }
    | { readonly kind: "slider"; readonly min: number; readonly max: number };
  readonly default: string;
}

/** Values for several parameters under one name. */
export interface Preset {
  readonly name: string;
  readonly description: string;
  readonly icon: string;
  readonly isDefault: boolean;
  readonly values: Readonly<Partial<Record<ParameterName, string>>>;
}

/** What a developer sees when they make a workspace. */
export interface WorkspaceForm {
  /** In order. */
  readonly parameters: readonly Parameter[];
  readonly presets: readonly Preset[];
}

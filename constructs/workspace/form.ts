import { internalUrl } from "../service-definition";
import { GATEWAY } from "../services/gateway";
import { levelOptions } from "./level-options";
import { defaultModel, modelOptions } from "./model-options";
import type { FormConfig, Parameter, ParameterOption, Preset, WorkspaceForm } from "./parameter";

/** Values of `ai_assistant`. */
const ASSISTANTS: readonly ParameterOption[] = [
  { name: "Roo Code", value: "roo-code", description: "In the IDE.", icon: "/icon/code.svg" },
  { name: "Zoo Code", value: "zoo-code", description: "In the IDE.", icon: "/icon/code.svg" },
  { name: "OpenCode", value: "opencode", description: "In the terminal.", icon: "/icon/opencode.svg" },
  { name: "Claude Code", value: "claude-code", description: "In the terminal.", icon: "/icon/claude.svg" },
  {
    name: "All of them",
    value: "all",
    description: "In the IDE and in the terminal.",
    icon: "/icon/widgets.svg",
  },
  { name: "None", value: "none", description: "No assistant is set up.", icon: "/emojis/1f6ab.png" },
];

const GIT_URL = {
  // What git takes as a remote program, or as an option, is no address of this form.
  regex: String.raw`^((https?|ssh)://[^\s:@/-][^\s:/]*(:[0-9]{1,5})?/\S+|[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s:-]\S*)?$`,
  error:
    "Must be the address of a git repository, such as https://git.example/team/project.git, without a password, or empty",
};

/** The form of the workspace template. */
export function workspaceForm(config: FormConfig): WorkspaceForm {
  return { parameters: parametersOf(config), presets: presetsOf(config) };
}

function parametersOf(config: FormConfig): Parameter[] {
  const { cpus, memoryGigabytes, defaultLevel } = config.workspaces;
  return [
    {
      name: "ai_assistant",
      displayName: "AI assistant",
      description: "Assistant that is set up to use the organisation's gateway.",
      icon: "/emojis/1f916.png",
      input: { kind: "dropdown", options: ASSISTANTS },
      default: "roo-code",
    },
    {
      name: "litellm_api_key",
      displayName: "Own gateway key",
      description:
        "Leave it empty: the workspace gets a key of its own. A key given here is used in its place; it is stored in plain text, and administrators can read it.",
      icon: "/emojis/1f511.png",
      input: {
        kind: "text",
        regex: "^(sk-.*)?$",
        error: "Must begin with sk-, or be empty",
        isMasked: true,
      },
      default: "",
    },
    {
      name: "ai_model",
      displayName: "AI model",
      description: "Model that assistants begin with. Each offers the others as well.",
      icon: "/emojis/1f9e0.png",
      input: { kind: "dropdown", options: modelOptions(config) },
      default: defaultModel(config),
    },
    {
      name: "ai_gateway_url",
      displayName: "AI gateway",
      description: "Where assistants send requests. Change it only when an administrator asks for it.",
      icon: "/emojis/1f310.png",
      input: {
        kind: "text",
        regex: `^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?$`,
        error:
          "Must be an http or https address such as http://litellm:4000, without user name, query and fragment",
      },
      default: internalUrl(GATEWAY),
    },
    {
      name: "ai_enforcement_level",
      displayName: "Enforcement level",
      description:
        "Rules that the gateway puts before every request. The organisation's minimum always applies. A stricter level takes effect with the next start; only an administrator can loosen it.",
      icon: "/emojis/1f6e1-fe0f.png",
      input: { kind: "dropdown", options: levelOptions(config) },
      default: defaultLevel,
    },
    {
      name: "cpu",
      displayName: "CPU cores",
      description: "Most CPU time that the workspace gets. Takes effect with the next start.",
      icon: "/emojis/1f5a5-fe0f.png",
      input: { kind: "slider", min: 1, max: cpus.max },
      default: String(cpus.default),
    },
    {
      name: "memory",
      displayName: "Memory (GiB)",
      description: "A program that needs more is ended. Takes effect with the next start.",
      icon: "/icon/memory.svg",
      input: { kind: "slider", min: 1, max: memoryGigabytes.max },
      default: String(memoryGigabytes.default),
    },
    {
      name: "repository",
      displayName: "Git repository",
      description: "Cloned at the first start. Empty: none.",
      icon: "/icon/git.svg",
      input: { kind: "text", ...GIT_URL },
      default: "",
    },
    {
      name: "dotfiles",
      displayName: "Dotfiles",
      description: "Git repository with your own settings. Empty: none.",
      icon: "/icon/dotfiles.svg",
      input: { kind: "text", ...GIT_URL },
      default: "",
    },
  ];
}

/** Presets name only values that the form offers, or Coder refuses the template. */
function presetsOf(config: FormConfig): Preset[] {
  const { cpus, memoryGigabytes, defaultLevel } = config.workspaces;
  const models = modelOptions(config).map(({ value }) => value);
  const levels = levelOptions(config).map(({ value }) => value);
  const first = defaultModel(config);
  const modelOr = (wanted: string) => (models.includes(wanted) ? wanted : first);
  const usual = { cpu: String(cpus.default), memory: String(memoryGigabytes.default) };
  const daily: Preset = {
    name: "Daily",
    description: "For everyday work.",
    icon: "/emojis/2600-fe0f.png",
    isDefault: true,
    values: { ai_model: first, ai_enforcement_level: defaultLevel, ...usual },
  };
  const designFirst: Preset = {
    name: "Design-first",
    description: "The assistant proposes a design and waits for your consent before it writes code.",
    icon: "/emojis/1f4d0.png",
    isDefault: false,
    values: { ai_model: modelOr("claude-opus"), ai_enforcement_level: "design-first", ...usual },
  };
  const quick: Preset = {
    name: "Quick",
    description: "A small workspace with a fast model, for a look or a small fix.",
    icon: "/emojis/26a1.png",
    isDefault: false,
    values: {
      ai_model: modelOr("claude-haiku"),
      ai_enforcement_level: defaultLevel,
      cpu: "1",
      memory: String(Math.min(2, memoryGigabytes.default)),
    },
  };
  return [daily, ...(levels.includes("design-first") ? [designFirst] : []), quick];
}

import { z } from "zod";
import { readEnvironment } from "../../shared/config-error";

/** What `ai_assistant` may be. */
export const ASSISTANT_CHOICES = ["roo-code", "zoo-code", "opencode", "claude-code", "all", "none"] as const;

const url = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL, such as http://litellm:4000" })
  .transform((text) => text.replace(/\/+$/, ""));

const Models = z
  .array(z.object({ name: z.string().min(1), displayName: z.string().min(1) }))
  .min(1)
  .max(200);

const environment = z
  .object({
    HOME: z.string("must be the home of the user").startsWith("/", "must be an absolute path"),
    CODER_AGENT_TOKEN: z.string().optional(),
    SLUICE_WORKSPACE_ID: z.uuid("must be the id of the workspace, a UUID"),
    SLUICE_GATEWAY_URL: url,
    SLUICE_KEY_PROVISIONER_URL: url,
    SLUICE_AI_ASSISTANT: z
      .enum(ASSISTANT_CHOICES, { error: `must be one of ${ASSISTANT_CHOICES.join(", ")}` })
      .default("all"),
    SLUICE_AI_MODEL: z.string("must be a model of the gateway").min(1).max(200),
    SLUICE_ENFORCEMENT_LEVEL: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be an enforcement level")
      .default("standard"),
    SLUICE_MODELS: z
      .string()
      .optional()
      .transform((text, context) => {
        if (text === undefined) return undefined;
        try {
          return Models.parse(JSON.parse(text));
        } catch {
          context.addIssue({ code: "custom", message: "must be a JSON list of {name, displayName}" });
          return z.NEVER;
        }
      }),
    SLUICE_REPOSITORY: z.string().max(2000).optional(),
    SLUICE_DOTFILES: z.string().max(2000).optional(),
    SLUICE_TYPED_KEY: z
      .string()
      .regex(/^[\x21-\x7e]{1,512}$/, "must be a key: one line without spaces")
      .optional(),
  })
  .transform((env) => ({
    /** `HOME` of the user. */
    home: env.HOME,
    /** Proves to the key-provisioner which workspace this is. `CODER_AGENT_TOKEN`; without it no key can be asked for. */
    agentToken: env.CODER_AGENT_TOKEN,
    /** `SLUICE_WORKSPACE_ID`, required. */
    workspaceId: env.SLUICE_WORKSPACE_ID,
    /** Without `/v1` and without a slash at its end. `SLUICE_GATEWAY_URL`, required. */
    gatewayUrl: env.SLUICE_GATEWAY_URL,
    /** `SLUICE_KEY_PROVISIONER_URL`, required. */
    keyProvisionerUrl: env.SLUICE_KEY_PROVISIONER_URL,
    /** Whom to configure. `SLUICE_AI_ASSISTANT`, default `all`. */
    assistant: env.SLUICE_AI_ASSISTANT,
    /** The model that assistants begin with, by its name at the gateway. `SLUICE_AI_MODEL`, required. */
    model: env.SLUICE_AI_MODEL,
    /** The level that the user asked for; the key's own counts where it is known. `SLUICE_ENFORCEMENT_LEVEL`, default `standard`. */
    level: env.SLUICE_ENFORCEMENT_LEVEL,
    /** All models to offer. `SLUICE_MODELS`, JSON; default `model` alone. */
    models: env.SLUICE_MODELS ?? [{ name: env.SLUICE_AI_MODEL, displayName: env.SLUICE_AI_MODEL }],
    /** Cloned once. `SLUICE_REPOSITORY`, default none. */
    repository: env.SLUICE_REPOSITORY,
    /** `SLUICE_DOTFILES`, default none. */
    dotfiles: env.SLUICE_DOTFILES,
    /** A key that the user typed; used instead of one of the key-provisioner. `SLUICE_TYPED_KEY`, default none. */
    typedKey: env.SLUICE_TYPED_KEY,
  }));

/** What a workspace is told by its environment. */
export type WorkspaceConfig = Readonly<z.output<typeof environment>>;

/** @throws ConfigError naming every wrong variable and its remedy */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): WorkspaceConfig {
  return readEnvironment(environment, env);
}

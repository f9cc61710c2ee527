import { join } from "node:path";
import type { ClientResult, ClientRun } from "./client-run";
import { MODEL, SMALL_MODEL } from "./gateway-under-test";

/** Agents that can be run without a terminal. */
export type AgentName = "opencode" | "claude-code" | "codex";

/** What an agent is to do, and where its models are. */
export interface AgentTask {
  /** The gateway, without `/v1`. */
  readonly url: string;
  readonly key: string;
  readonly prompt: string;
}

/**
 * Hosts that an agent asks for whatever it is told. OpenCode installs the types of its plugins in the background;
 * that it cannot is in its log and nowhere else.
 */
export const UNAVOIDABLE_HOSTS: Readonly<Record<AgentName, readonly string[]>> = {
  opencode: ["registry.npmjs.org:443"],
  "claude-code": [],
  codex: [],
};

/** Runs an agent as docs/clients.md tells users to set it up. */
export function runAgent(name: AgentName, run: ClientRun, task: AgentTask): Promise<ClientResult> {
  return AGENTS[name](run, task);
}

const AGENTS: Readonly<Record<AgentName, (run: ClientRun, task: AgentTask) => Promise<ClientResult>>> = {
  opencode(run, { url, key, prompt }) {
    run.writeHome(".config/ai-gateway/key", key);
    run.writeHome(".config/opencode/opencode.json", JSON.stringify(openCodeConfig(url)));
    return run.command("opencode", ["run", prompt], {
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
    });
  },

  "claude-code"(run, { url, key, prompt }) {
    return run.command("claude", ["-p", "--permission-mode", "acceptEdits", prompt], {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: key,
      ANTHROPIC_MODEL: MODEL,
      ANTHROPIC_DEFAULT_HAIKU_MODEL: SMALL_MODEL,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
      CLAUDE_CODE_MAX_RETRIES: "2",
    });
  },

  codex(run, { url, key, prompt }) {
    run.writeHome(".codex/config.toml", codexConfig(url));
    const args = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt];
    return run.command("codex", args, { CODEX_HOME: join(run.home, ".codex"), SLUICE_API_KEY: key });
  },
};

function openCodeConfig(url: string): object {
  const limit = { context: 200_000, output: 64_000 };
  return {
    $schema: "https://opencode.ai/config.json",
    autoupdate: false,
    share: "disabled",
    enabled_providers: ["sluice"],
    provider: {
      sluice: {
        npm: "@ai-sdk/openai-compatible",
        name: "Sluice",
        options: { baseURL: `${url}/v1`, apiKey: "{file:~/.config/ai-gateway/key}" },
        models: { [MODEL]: { name: "Sonnet", limit }, [SMALL_MODEL]: { name: "Haiku", limit } },
      },
    },
    model: `sluice/${MODEL}`,
    small_model: `sluice/${SMALL_MODEL}`,
  };
}

const codexConfig = (url: string) => `
model = "${MODEL}"
model_provider = "sluice"
check_for_update_on_startup = false

[model_providers.sluice]
name = "Sluice"
base_url = "${url}/v1"
env_key = "SLUICE_API_KEY"
wire_api = "responses"

[analytics]
enabled = false

[features]
plugins = false
apps = false
`;

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/source-files";
import type { ClientResult, ClientRun } from "./client-run";

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
    run.writeHome(".config/opencode/opencode.json", documented("json", url));
    return run.command("opencode", ["run", prompt], {
      OPENCODE_DISABLE_MODELS_FETCH: "1",
      OPENCODE_DISABLE_AUTOUPDATE: "1",
    });
  },

  "claude-code"(run, { url, key, prompt }) {
    return run.command("claude", ["-p", "--permission-mode", "acceptEdits", prompt], {
      ...documentedVariables(url),
      ANTHROPIC_AUTH_TOKEN: key,
    });
  },

  codex(run, { url, key, prompt }) {
    run.writeHome(".codex/config.toml", documented("toml", url));
    const args = ["exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", prompt];
    return run.command("codex", args, { CODEX_HOME: join(run.home, ".codex"), SLUICE_API_KEY: key });
  },
};

/** The only code block of that language in docs/clients.md, for this gateway: what users are told is what is tested. */
function documented(language: string, url: string): string {
  const text = readFileSync(join(PROJECT, "docs/clients.md"), "utf8");
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))];
  if (blocks.length !== 1)
    throw new Error(`docs/clients.md has ${blocks.length} blocks of ${language}, not 1`);
  return String(blocks[0]?.[1]).replaceAll("http://localhost:4000", url);
}

/** Variables that the shell block sets, less the key. */
function documentedVariables(url: string): Record<string, string> {
  const lines = documented("sh", url).matchAll(/^export (\w+)=(\S+)/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

import { execFile, spawnSync } from "node:child_process";
import { docker, inspect } from "../applied/docker";

/** How a command in the workspace ended. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Beyond this a command counts as one that never ends, in milliseconds. */
const LIMIT_MS = 120_000;

/** A container of the image of workspaces. */
export class WorkspaceContainer {
  /** One that is there, such as that which Coder has made. */
  constructor(readonly name: string) {}

  /** Makes one as the template does, but without Coder, and a volume for its home. */
  static start(
    name: string,
    options: { image: string; volume: string; env: Readonly<Record<string, string>>; platformPort: number },
  ): WorkspaceContainer {
    const { image, volume, env, platformPort } = options;
    const address = `http://litellm:${platformPort}`;
    const variables = {
      CODER_AGENT_TOKEN: "11111111-2222-4333-8444-agent0token0",
      SLUICE_WORKSPACE_ID: "6a204bd8-89f3-4819-9b52-b77e817c9457",
      SLUICE_GATEWAY_URL: address,
      SLUICE_KEY_PROVISIONER_URL: address,
      SLUICE_AI_ASSISTANT: "all",
      SLUICE_AI_MODEL: "claude-sonnet-4-5",
      SLUICE_ENFORCEMENT_LEVEL: "standard",
      SLUICE_MODELS: JSON.stringify([
        { name: "claude-sonnet-4-5", displayName: "Claude Sonnet 4.5" },
        { name: "claude-haiku-4-5", displayName: "Claude Haiku 4.5" },
      ]),
      ...env,
    };
    docker(
      ...["run", "--detach", "--init", "--name", name, "--add-host", "litellm:host-gateway"],
      ...["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--volume", `${volume}:/home/coder`],
      ...Object.entries(variables).flatMap(([variable, value]) => ["--env", `${variable}=${value}`]),
      ...[image, "sleep", "infinity"],
    );
    return new WorkspaceContainer(name);
  }

  get address(): string {
    return inspect(this.name).NetworkSettings.Networks["bridge"]?.IPAddress ?? "";
  }

  /** Runs a program as the user, as `docker exec` of the guides does. This process answers meanwhile. */
  run(...command: string[]): Promise<CommandResult> {
    return this.exec([], command);
  }

  /** Runs a line in a login shell, which is interactive if asked. */
  shell(line: string, { isInteractive = false } = {}): Promise<CommandResult> {
    return this.exec([], ["bash", isInteractive ? "-lic" : "-lc", line]);
  }

  remove(): void {
    spawnSync("docker", ["rm", "--force", this.name]);
  }

  private exec(options: string[], command: string[]): Promise<CommandResult> {
    const args = ["exec", ...options, this.name, ...command];
    return new Promise((resolve) => {
      const settings = { timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
      const child = execFile("docker", args, settings, (_, stdout, stderr) =>
        resolve({ exitCode: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }
}

import { Agent } from "@cdktf/provider-coder/lib/agent";
import { App as CoderApp } from "@cdktf/provider-coder/lib/app";
import { DataCoderProvisioner } from "@cdktf/provider-coder/lib/data-coder-provisioner";
import { DataCoderWorkspace } from "@cdktf/provider-coder/lib/data-coder-workspace";
import { DataCoderWorkspaceOwner } from "@cdktf/provider-coder/lib/data-coder-workspace-owner";
import { Env } from "@cdktf/provider-coder/lib/env";
import { CoderProvider } from "@cdktf/provider-coder/lib/provider";
import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { type App, Aspects, TerraformStack, TerraformVariable, Token } from "cdktf";
import { hardenedContainers } from "../aspects/hardened-containers";
import { ContainerAspect } from "../aspects/rule";
import { DOCKER_PROVIDER_VERSION } from "../platform-stack";
import { type ContainerSettings, HOME, placeContainer } from "./container";
import { parameterValue } from "./parameters-file";
import { TEMPLATE_VARIABLES } from "./template-variables";

/** Props of `WorkspaceTemplateStack`. */
export interface WorkspaceTemplateProps extends ContainerSettings {
  /** Whether apps have host names of their own, which Coder needs a wildcard for. */
  readonly hasWildcard: boolean;
}

/** Port of code-server in the container. */
const EDITOR_PORT = 13_337;
/** Above this share of memory or disk Coder tells the owner. */
const ALERT_PERCENT = { memory: 85, home: 90 };

const COMMANDS = "/opt/sluice/bin";

/** Terminal assistants: values of `ai_assistant` with a button each, and what it runs. */
const TERMINAL_ASSISTANTS = [
  { choice: "opencode", title: "OpenCode", command: "opencode", icon: "/icon/opencode.svg" },
  { choice: "claude-code", title: "Claude Code", command: "claude", icon: "/icon/claude.svg" },
] as const;

/**
 * The template of a workspace, less its form, which is a file of its own (`renderParameters`): JSON and HCL are one module to Terraform.
 * Addresses and names of apps are the same in every version, since workspaces have them in their states and URLs.
 *
 * @example
 * new WorkspaceTemplateStack(new App(), "workspace", {
 *   models: [{ name: "claude-sonnet-4-5", displayName: "Claude Sonnet 4.5" }],
 *   modelAliases: { "claude-sonnet": "claude-sonnet-4-5" },
 *   hasWildcard: false,
 *   logs: { megabytes: 10, files: 5 },
 * });
 */
export class WorkspaceTemplateStack extends TerraformStack {
  constructor(scope: App, id: string, props: WorkspaceTemplateProps) {
    super(scope, id);
    new CoderProvider(this, "coder");
    new DockerProvider(this, "docker");
    this.addOverride("terraform.required_providers.docker.version", DOCKER_PROVIDER_VERSION);
    // Coder keeps the state of each workspace itself, at Terraform's default place.
    this.addOverride("terraform.backend", undefined);
    for (const [name, variable] of Object.entries(TEMPLATE_VARIABLES)) {
      new TerraformVariable(this, name, { type: "string", nullable: false, ...variable });
    }

    const workspace = new DataCoderWorkspace(this, "current_workspace");
    workspace.overrideLogicalId("me");
    const owner = new DataCoderWorkspaceOwner(this, "current_owner");
    owner.overrideLogicalId("me");
    const agent = this.agent();
    this.apps(agent, workspace, props);
    placeContainer(this, { agent, workspace, owner, ...props });
    Aspects.of(this).add(new ContainerAspect("hardened-containers", hardenedContainers));
  }

  private agent(): Agent {
    const provisioner = new DataCoderProvisioner(this, "current_provisioner");
    provisioner.overrideLogicalId("me");
    const agent = new Agent(this, "main", {
      arch: provisioner.arch,
      os: "linux",
      // The agent's token is known to everything in the workspace: it opens neither SSH keys nor external logins of the owner.
      apiKeyScope: "no_user_data",
      startupScript: `${COMMANDS}/workspace-start`,
      startupScriptBehavior: "blocking",
      displayApps: {
        vscode: false,
        vscodeInsiders: false,
        sshHelper: false,
        webTerminal: true,
        portForwardingHelper: true,
      },
      metadata: [
        metadata("cpu", "CPU", "coder stat cpu", 10),
        metadata("memory", "Memory", "coder stat mem", 10),
        metadata("home", "Home disk", `coder stat disk --path ${HOME}`, 60),
        metadata("budget", "Budget left", `${COMMANDS}/workspace-info budget`, 60),
        metadata("level", "Enforcement level", `${COMMANDS}/workspace-info level`, 60),
        metadata("gateway", "AI gateway", `${COMMANDS}/workspace-info gateway`, 30),
      ].map((item, index) => ({ ...item, order: index + 1 })),
      resourcesMonitoring: {
        memory: { enabled: true, threshold: ALERT_PERCENT.memory },
        volume: [{ path: HOME, enabled: true, threshold: ALERT_PERCENT.home }],
      },
    });
    // By way of the agent: what is in the container's environment, the engine shows.
    new Env(this, "typed_key", {
      count: Token.asNumber(`\${${parameterValue("litellm_api_key")} == "" ? 0 : 1}`),
      agentId: agent.id,
      name: "SLUICE_TYPED_KEY",
      value: `\${${parameterValue("litellm_api_key")}}`,
    });
    return agent;
  }

  private apps(agent: Agent, workspace: DataCoderWorkspace, { hasWildcard }: WorkspaceTemplateProps) {
    const url = `http://localhost:${EDITOR_PORT}`;
    new CoderApp(this, "code_server", {
      count: workspace.startCount,
      agentId: agent.id,
      slug: "code-server",
      displayName: "IDE",
      icon: "/icon/code.svg",
      url,
      subdomain: hasWildcard,
      share: "owner",
      order: 1,
      healthcheck: { url: `${url}/healthz`, interval: 5, threshold: 6 },
    });
    for (const [index, { choice, title, command, icon }] of TERMINAL_ASSISTANTS.entries()) {
      const isChosen = `contains(["${choice}", "all"], ${parameterValue("ai_assistant")})`;
      new CoderApp(this, choice.replaceAll("-", "_"), {
        count: Token.asNumber(`\${${isChosen} ? data.coder_workspace.me.start_count : 0}`),
        agentId: agent.id,
        slug: choice,
        displayName: title,
        icon,
        command,
        share: "owner",
        group: "Terminal",
        order: 2 + index,
      });
    }
  }
}

function metadata(key: string, displayName: string, script: string, interval: number) {
  return { key, displayName, script, interval, timeout: 5 };
}

import type { Coder, CoderWorkspace } from "./coder";
import { ProvisionerError } from "./errors";

/** Parameter of the template with the level that the user picked. */
const LEVEL_PARAMETER = "ai_enforcement_level";

/** A workspace that has proved which one it is. Everything in it comes from Coder. */
export interface ProvenWorkspace {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  /** User name of the owner. */
  readonly owner: string;
  /** Level that the user picked. `undefined`: the template does not ask. */
  readonly wish: string | undefined;
}

/**
 * Who holds an agent's token is that agent's workspace, as long as Coder takes the token: that is the newest build, while it is started. The id
 * that the caller names is believed only when Coder says that the agent is one of that workspace's newest build. The template must be one of ours,
 * since its parameters mean nothing otherwise.
 * @param workspaceId as the caller names it
 * @param templates names of the templates whose workspaces get keys
 * @throws ProvisionerError 401, 403; 503 when Coder cannot be asked
 */
export async function proveWorkspace(
  coder: Coder,
  {
    agentToken,
    workspaceId,
    templates,
  }: { agentToken: string; workspaceId: string; templates: readonly string[] },
): Promise<ProvenWorkspace> {
  const agentId = await coder.agentOf(agentToken);
  if (agentId === undefined) {
    throw new ProvisionerError(
      401,
      "agent_token_refused",
      "Coder does not take this agent token: it is of another build, or the workspace is stopped.",
    );
  }
  const workspace = await coder.workspace(workspaceId);
  // One text for all: who guesses ids must not learn which of them exist.
  if (workspace === undefined || workspace.id !== workspaceId || !hasAgent(workspace, agentId)) {
    throw new ProvisionerError(
      403,
      "not_this_workspace",
      `This agent is not one of workspace ${workspaceId}.`,
    );
  }
  if (workspace.latest_build.transition !== "start") {
    throw new ProvisionerError(403, "workspace_not_started", `Workspace ${workspaceId} is not started.`);
  }
  if (!templates.includes(workspace.template_name)) {
    throw new ProvisionerError(
      403,
      "template_not_allowed",
      `Workspaces of the template ${workspace.template_name} get no key; those of ${templates.join(", ")} do.`,
    );
  }
  const parameters = await coder.buildParameters(workspace.latest_build.id);
  return {
    id: workspace.id,
    name: workspace.name,
    ownerId: workspace.owner_id,
    owner: workspace.owner_name,
    wish: parameters[LEVEL_PARAMETER],
  };
}

function hasAgent({ latest_build }: CoderWorkspace, agentId: string): boolean {
  return latest_build.resources.some(({ agents }) => agents?.some(({ id }) => id === agentId));
}

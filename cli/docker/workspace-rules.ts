import { planWorkspaceNetwork } from "../../constructs/workspace-network-plan";
import { UserError } from "../terminal/user-error";
import { docker } from "./docker";

/**
 * Removes what the workspace firewall of a platform leaves in the host's kernel, so that workspaces of a network that is gone (or is no longer isolated)
 * leave no rules behind. Runs nft from the firewall's image, which stays when the platform goes; without that image there was no firewall.
 * @throws UserError with the commands for the host when the engine cannot do it
 */
export async function removeWorkspaceRules(platform: string): Promise<void> {
  const images = await docker([
    "image",
    "ls",
    "--quiet",
    "--filter",
    `reference=${platform}/workspace-firewall`,
  ]);
  const [image] = images.split("\n").filter(Boolean);
  if (image === undefined) return;
  const { bridge } = planWorkspaceNetwork(platform);
  const script = `nft list tables | grep -w '${bridge}' | while read -r _ family table; do nft delete table "$family" "$table"; done`;
  try {
    await docker([
      "run",
      "--rm",
      "--network",
      "host",
      "--cap-drop",
      "ALL",
      "--cap-add",
      "NET_ADMIN",
      "--security-opt",
      "no-new-privileges",
      "--read-only",
      image,
      "sh",
      "-euc",
      script,
    ]);
  } catch (error) {
    throw new UserError(
      `the rules of the workspaces network are still in the kernel of the engine's host: ${(error as Error).message}`,
      `run there as root: nft delete table inet ${bridge}; nft delete table bridge ${bridge} (a restart of the host removes them, too)`,
    );
  }
}

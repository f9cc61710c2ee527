/** Names that the platform gives to things in the engine, and that commands look for without loading CDKTF. */

/** Label of everything that belongs to a platform; its value is the platform's name. */
export const PLATFORM_LABEL = "sluice.platform";

/** Label of containers and volumes of workspaces, with the platform's name: Coder makes and removes them, not a deploy. */
export const WORKSPACES_LABEL = "sluice.workspaces";

/** The networks, each called `<platform>-<network>`. */
export const NETWORKS = ["edge", "data", "workspaces"] as const;
export type NetworkName = (typeof NETWORKS)[number];

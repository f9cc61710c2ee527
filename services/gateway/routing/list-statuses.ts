import type { ModelCatalog, SkippedDeployment } from "./deployment";

/** A deployment of the configuration and whether requests can go to it. `error` says why they cannot. */
export interface DeploymentStatus {
  readonly id: string;
  readonly modelName: string;
  readonly upstreamModel: string;
  readonly error: string | undefined;
}

/** All deployments of the configuration: those in use, then those left out. */
export function listStatuses(
  catalog: Pick<ModelCatalog, "groups">,
  skipped: readonly SkippedDeployment[],
): DeploymentStatus[] {
  const used = [...catalog.groups.values()].flat().map(({ id, modelName, upstreamModel }) => ({
    id,
    modelName,
    upstreamModel,
    error: undefined,
  }));
  return [...used, ...skipped];
}

import type { Deployment, ModelCatalog, SkippedDeployment } from "./deployment";

/** The deployment with this id among those that can be used. */
export function findDeployment(catalog: Pick<ModelCatalog, "groups">, id: string): Deployment | undefined {
  for (const group of catalog.groups.values()) {
    const found = group.find((deployment) => deployment.id === id);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How many models can be used. @param most is enough to know of */
export function countModels({ groups }: Pick<ModelCatalog, "groups">, most: number): number {
  let count = 0;
  for (const group of groups.values()) {
    if (group.length > 0) count += 1;
    if (count >= most) break;
  }
  return count;
}

/** Whether a caller with this list may use the model; without a list it may use all. */
export function mayUseModel(allowed: readonly string[] | undefined, modelName: string): boolean {
  return allowed === undefined || allowed.includes(modelName);
}

/** Names of the models that a caller with this list may use and that have a deployment, each once. */
export function listModels(catalog: ModelCatalog, allowed: readonly string[] | undefined): string[] {
  return [...catalog.groups]
    .filter(([name, deployments]) => deployments.length > 0 && mayUseModel(allowed, name))
    .map(([name]) => name);
}

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

import type { ModelCatalog } from "./deployment";

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

import type { ModelCatalog } from "./deployment";

/** Whether a key with this list may use the model; an empty list means all. */
export function mayUseModel(allowed: readonly string[], modelName: string): boolean {
  return allowed.length === 0 || allowed.includes(modelName);
}

/** Names of the models that a key with this list may use and that have a deployment, each once. */
export function listModels(catalog: ModelCatalog, allowed: readonly string[]): string[] {
  return [...catalog.groups]
    .filter(([name, deployments]) => deployments.length > 0 && mayUseModel(allowed, name))
    .map(([name]) => name);
}

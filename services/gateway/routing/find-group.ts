import type { Deployment, ModelCatalog } from "./deployment";

/** Why a model has no deployment: nobody configured it, or none of its deployments can be used. */
export type NoDeployment = "unknown-model" | "none-available";

/** The deployments of a model in the order in which they are tried; at least one. */
export function findGroup(catalog: ModelCatalog, modelName: string): readonly Deployment[] | NoDeployment {
  const group = catalog.groups.get(modelName);
  if (group === undefined) return "unknown-model";
  return group.length === 0 ? "none-available" : group;
}

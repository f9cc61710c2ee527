import type { Deployment, ModelCatalog } from "./deployment";

/** Why a model has no deployment: nobody configured it, or none of its deployments can be used. */
export type NoDeployment = "unknown-model" | "none-available";

/** The first deployment of the model's group. */
export function chooseDeployment(catalog: ModelCatalog, modelName: string): Deployment | NoDeployment {
  const group = catalog.groups.get(modelName);
  if (group === undefined) return "unknown-model";
  return group[0] ?? "none-available";
}

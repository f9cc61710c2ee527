import { modelNotAllowed, noDeployment, unknownModel } from "../errors";
import { allowedModels, type Caller } from "../plugins/auth";
import type { ModelCatalog } from "../routing/deployment";
import { type DeploymentGroup, findGroup } from "../routing/find-group";
import { mayUseModel } from "../routing/visible-models";

/** The deployments that serve a model. @throws GatewayError when the caller may not use it, or nothing serves it */
export function selectGroup(catalog: ModelCatalog, caller: Caller, model: string): DeploymentGroup {
  const allowed = allowedModels(caller);
  if (!mayUseModel(allowed, model)) throw modelNotAllowed(model, allowed);
  const group = findGroup(catalog, model);
  if (group === "unknown-model") throw unknownModel(model);
  if (group === "none-available") throw noDeployment(model);
  return group;
}

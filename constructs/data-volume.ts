import { Construct } from "constructs";
import { containerDefaults } from "./container-defaults";

/**
 * A named volume that keeps a service's data.
 *
 * It is deliberately not a Terraform resource: the engine makes it when the first container mounts it,
 * and no plan, replacement or `destroy` can delete it (docs/decisions/0004). Removing data is the
 * separate, explicit step `npm run destroy -- --volumes`, which takes the names from the stack's
 * output `data_volumes`.
 *
 * @example
 * const { name } = new DataVolume(stack, "data");
 */
export class DataVolume extends Construct {
  /** Name of the volume in the engine. Renaming it starts with an empty one: treat it as a contract. */
  readonly name: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.name = `${containerDefaults(this).prefix}-${this.node.path.split("/").slice(-2).join("-")}`;
  }

  /** Names of all data volumes below `scope`, sorted. */
  static namesBelow(scope: Construct): string[] {
    return scope.node
      .findAll()
      .filter((node): node is DataVolume => node instanceof DataVolume)
      .map((volume) => volume.name)
      .sort();
  }
}

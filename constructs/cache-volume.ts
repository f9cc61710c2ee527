import { Volume } from "@cdktf/provider-docker/lib/volume";
import { Construct } from "constructs";
import { containerDefaults } from "./container-defaults";
import { PLATFORM_LABEL } from "./engine-names";

/**
 * A volume for what a service can make or fetch again. Unlike a `DataVolume` it is a resource: `destroy` removes it.
 *
 * @example
 * const { name } = new CacheVolume(stack, "cache");
 */
export class CacheVolume extends Construct {
  /** Name of the volume in the engine. */
  readonly name: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { prefix } = containerDefaults(this);
    this.name = new Volume(this, "volume", {
      name: `${prefix}-${this.node.path.split("/").slice(-2).join("-")}`,
      labels: [{ label: PLATFORM_LABEL, value: prefix }],
    }).name;
  }
}

import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { CacheVolume } from "../cache-volume";
import { DeliveredFiles } from "../delivered-files";
import { report } from "./rule";

/**
 * No volume with data is a Terraform resource: what a plan does not hold, a plan cannot delete (docs/decisions/0004). Caches and delivered
 * files are no data, and `destroy` must take the secrets among them with it.
 */
export class DurableVolumes implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof Volume)) return;
    const { scope } = node.node;
    if (scope instanceof DeliveredFiles || scope instanceof CacheVolume) return;
    report(node, "durable-volumes", {
      problem: "is a volume that a plan could delete",
      remedy:
        "use DataVolume, which the engine makes and only `destroy -- --volumes` removes, or DeliveredFiles or CacheVolume for what can be delivered or made again",
    });
  }
}

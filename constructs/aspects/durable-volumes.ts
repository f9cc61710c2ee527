import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { DeliveredFiles } from "../delivered-files";
import { report } from "./rule";

/**
 * No volume with data is a Terraform resource: what a plan does not hold, a plan cannot delete (docs/decisions/0004). Delivered files are
 * no data, and `destroy` must take the secrets among them with it.
 */
export class DurableVolumes implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof Volume) || node.node.scope instanceof DeliveredFiles) return;
    report(node, "durable-volumes", {
      problem: "is a volume that a plan could delete",
      remedy:
        "use DataVolume, which the engine makes and only `destroy -- --volumes` removes, or DeliveredFiles for files that can be delivered again",
    });
  }
}

import { Volume } from "@cdktf/provider-docker/lib/volume";
import type { IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { report } from "./rule";

/** No volume is a Terraform resource: what a plan does not hold, a plan cannot delete (docs/decisions/0004). */
export class DurableVolumes implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof Volume)) return;
    report(node, "durable-volumes", {
      problem: "is a volume that a plan could delete",
      remedy: "use DataVolume, which the engine makes and only `destroy -- --volumes` removes",
    });
  }
}

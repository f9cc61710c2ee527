import { Image } from "@cdktf/provider-docker/lib/image";
import type { IAspect } from "cdktf";
import type { IConstruct } from "constructs";
import { isPinned } from "../config/sections/images";
import { report } from "./rule";

/** Images name an exact tag or a digest; a moving tag makes today's review worthless tomorrow. */
export class PinnedImages implements IAspect {
  visit(node: IConstruct): void {
    if (!(node instanceof Image) || isPinned(node.nameInput ?? "")) return;
    report(node, "pinned-images", {
      problem: `the image "${node.nameInput}" is not pinned`,
      remedy: "name an exact tag (not latest) or a digest, see constructs/images.ts",
    });
  }
}

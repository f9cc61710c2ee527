import { Aspects } from "cdktf";
import type { IConstruct } from "constructs";
import { DurableVolumes } from "./durable-volumes";
import { hardenedContainers } from "./hardened-containers";
import { healthChecks } from "./health-checks";
import { PinnedImages } from "./pinned-images";
import { privatePorts } from "./private-ports";
import { ContainerAspect } from "./rule";
import { sealedSecrets } from "./sealed-secrets";
import { stablePlans } from "./stable-plans";

/** Rules that hold for everything below `scope`; breaking one fails synth with the construct and the remedy. */
export function applyPlatformRules(scope: IConstruct, options: { readonly publishAddress: string }): void {
  const aspects = Aspects.of(scope);
  aspects.add(new PinnedImages());
  aspects.add(new DurableVolumes());
  aspects.add(new ContainerAspect("hardened-containers", hardenedContainers));
  aspects.add(new ContainerAspect("health-checks", healthChecks));
  aspects.add(new ContainerAspect("private-ports", privatePorts(options.publishAddress)));
  aspects.add(new ContainerAspect("sealed-secrets", sealedSecrets));
  aspects.add(new ContainerAspect("stable-plans", stablePlans));
}

import { Network } from "@cdktf/provider-docker/lib/network";
import { TerraformStack } from "cdktf";
import { goDuration } from "../go-duration";
import { resolvedText } from "./resolved-text";
import type { ContainerRule } from "./rule";

const CANONICAL_CPUS = /^(0|[1-9]\d*)\.(0|\d*[1-9])$/;

/**
 * Settings that the docker provider accepts and then reports as changed in every plan, replaces the
 * container for, or ignores. Seen with kreuzwerker/docker 4.5 and later.
 */
export const stablePlans: ContainerRule = function* (container) {
  if (container.memoryInput !== undefined && container.memorySwapInput === undefined) {
    yield {
      problem: "has memory without memory_swap: a change in every plan",
      remedy: "set memorySwap too (equal: no swap)",
    };
  }
  const cpus = container.cpusInput;
  if (cpus !== undefined && !CANONICAL_CPUS.test(cpus)) {
    yield {
      problem: `has cpus "${cpus}": replaced at every apply`,
      remedy: 'write at least one decimal and no trailing zeros, such as "1.0" or "0.5"',
    };
  }
  const named = [...(container.capabilitiesInput?.add ?? []), ...(container.capabilitiesInput?.drop ?? [])];
  for (const capability of named.filter((name) => name !== "ALL" && !name.startsWith("CAP_"))) {
    yield {
      problem: `names the capability ${capability}: replaced at every apply`,
      remedy: `write CAP_${capability}`,
    };
  }
  const check = container.healthcheckInput;
  for (const time of [check?.interval, check?.timeout, check?.startPeriod, check?.startInterval]) {
    if (time !== undefined && !isCanonicalDuration(time)) {
      yield {
        problem: `has the health check time "${time}": a change in every plan`,
        remedy: "write it with goDuration(seconds)",
      };
    }
  }
  if (check !== undefined && (check.startPeriod === undefined || check.startPeriod === "0s")) {
    yield {
      problem: "has a health check without a start period: the image's own comes back in every plan",
      remedy: 'set startPeriod to "1s" or more',
    };
  }
  const labels = container.labelsInput;
  const fingerprinted = Array.isArray(labels) && labels.some(({ label }) => label === "sluice.baseline");
  if (check !== undefined && !fingerprinted) {
    yield {
      problem: "has a health check without a fingerprint label: a changed check would never be applied",
      remedy: "use ContainerService, which adds the label sluice.baseline",
    };
  }
  if (
    container.readOnlyInput === true &&
    Array.isArray(container.uploadInput) &&
    container.uploadInput.length > 0
  ) {
    yield {
      problem: "uploads files into a read-only root: the engine refuses it",
      remedy: "leave readOnly out, or put the file into the image",
    };
  }
  if (container.rmInput === true) {
    yield { problem: "is removed when it ends: created again at every apply", remedy: "leave rm out" };
  }
  const networkNames = TerraformStack.of(container)
    .node.findAll()
    .filter((node): node is Network => node instanceof Network)
    .flatMap((network) => [network.nameInput, network.name])
    .map((name) => resolvedText(container, name));
  for (const { name } of Array.isArray(container.networksAdvancedInput)
    ? container.networksAdvancedInput
    : []) {
    if (networkNames.includes(resolvedText(container, name))) {
      yield {
        problem: `is attached to the network ${name} by name: replacing the network would fail`,
        remedy: "attach by network.id",
      };
    }
  }
  for (const mount of Array.isArray(container.mountsInput) ? container.mountsInput : []) {
    if (mount.volumeOptions !== undefined) {
      yield {
        problem: "uses volume_options, which engines before 26 refuse",
        remedy: "use volumes instead of mounts",
      };
    }
  }
};

function isCanonicalDuration(text: string): boolean {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(\d+)s$/.exec(text);
  if (match === null) return false;
  const [hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return goDuration(hours * 3600 + minutes * 60 + seconds) === text;
}

import { overlap } from "../../constructs/config/subnets";
import { nameOf, type PlannedChange } from "../terraform/planned-changes";
import type { EngineFacts } from "./engine-facts";
import type { Finding } from "./finding";
import { subnetPath } from "./setting-path";

/** Subnets of networks to be made that overlap with networks which stay. */
export function checkSubnets(
  platform: string,
  changes: readonly PlannedChange[],
  engine: EngineFacts,
): Finding[] {
  const networks = changes.filter(({ type }) => type === "docker_network");
  const going = new Set(
    networks.filter(({ actions }) => actions.includes("delete")).map(({ before }) => before?.["id"]),
  );
  return networks
    .filter(({ actions }) => actions.includes("create"))
    .flatMap(({ after }) =>
      subnetsOf(after?.["ipam_config"]).flatMap((subnet) => {
        const other = engine.networks.find(
          ({ Id, Name, IPAM }) =>
            !going.has(Id) &&
            Name !== nameOf(after) &&
            (IPAM.Config ?? []).some(({ Subnet }) => Subnet !== undefined && overlap(subnet, Subnet)),
        );
        if (other === undefined) return [];
        const theirs = (other.IPAM.Config ?? []).map(({ Subnet }) => Subnet).join(", ");
        return [
          {
            path: subnetPath(platform, nameOf(after)),
            problem: `${subnet} overlaps with ${theirs} of the network ${other.Name}`,
            allowed: "a subnet that no other network of the engine has",
            remedy: "choose another one, or leave it out to let Docker choose",
          },
        ];
      }),
    );
}

function subnetsOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : []).flatMap(({ subnet }: { subnet?: string }) => subnet || []);
}

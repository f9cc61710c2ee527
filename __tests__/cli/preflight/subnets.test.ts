import type { EngineFacts } from "../../../cli/preflight/engine-facts";
import { checkSubnets } from "../../../cli/preflight/subnets";
import type { PlannedChange } from "../../../cli/terraform/planned-changes";

const network = (Id: string, Name: string, Subnet?: string) => ({
  Id,
  Name,
  Internal: false,
  Labels: null,
  IPAM: { Config: Subnet === undefined ? null : [{ Subnet }] },
  Containers: null,
});
const engine = (...networks: EngineFacts["networks"]) => ({ networks }) as EngineFacts;
const change = (actions: string[], subnet?: string, id?: string): PlannedChange => ({
  address: "docker_network.edge",
  type: "docker_network",
  actions,
  before: id === undefined ? undefined : { id },
  after: { name: "team-edge", ipam_config: subnet === undefined ? null : [{ subnet }] },
});

describe("a network to be made", () => {
  const other = network("1", "office", "10.80.0.0/16");

  it("is refused a subnet that another network of the engine has", () => {
    expect(checkSubnets("team", [change(["create"], "10.80.1.0/24")], engine(other))).toEqual([
      expect.objectContaining({
        path: "networks.edge.subnet",
        problem: "10.80.1.0/24 overlaps with 10.80.0.0/16 of the network office",
      }),
    ]);
  });

  it("may have any other, that of its predecessor, or none", () => {
    const former = network("2", "team-old", "10.81.0.0/24");
    for (const changes of [
      [change(["create"], "10.82.0.0/24")],
      [change(["delete", "create"], "10.81.0.0/24", "2")],
      [change(["create"])],
      [change(["no-op"], "10.80.1.0/24")],
    ])
      expect(checkSubnets("team", changes, engine(other, former, network("3", "host")))).toEqual([]);
  });
});

import type { EngineContainer } from "../../../cli/docker/objects";
import { findDrift } from "../../../cli/status/drift";
import type { RecordedPlatform } from "../../../cli/status/recorded-state";

const recorded: RecordedPlatform = {
  name: "team",
  containers: [
    {
      id: "1",
      name: "team-redis",
      image: "sha256:a",
      labels: { "sluice.platform": "team" },
      endpoints: [{ network: "n", networkName: "team-data", aliases: ["cache"], address: undefined }],
      isJob: false,
    },
  ],
  networks: [{ id: "n", name: "team-data" }],
  images: [],
  dataVolumes: ["team-redis-data"],
};
const on = (networks: Readonly<Record<string, string[] | null>>) => ({
  Networks: Object.fromEntries(
    Object.entries(networks).map(([name, Aliases]) => [
      name,
      { NetworkID: name === "team-data" ? "n" : name, Aliases, IPAMConfig: null },
    ]),
  ),
});
const redis = (changes: object = {}) =>
  ({
    Id: "1",
    Name: "/team-redis",
    Image: "sha256:a",
    Config: { Image: "", Labels: { "sluice.platform": "team", more: "x" } },
    NetworkSettings: on({ "team-data": ["cache"], theirs: null }),
    ...changes,
  }) as unknown as EngineContainer;
const well = {
  containers: [redis()],
  networks: [{ Id: "n", Name: "team-data" }],
  volumes: ["team-redis-data"],
};

it.each<[string, Partial<typeof well>, string[]]>([
  ["nothing", {}, []],
  [
    "another image",
    { containers: [redis({ Image: "sha256:b" })] },
    ["drift: team-redis runs another image than was deployed"],
  ],
  [
    "another label",
    { containers: [redis({ Config: { Image: "", Labels: {} } })] },
    ["drift: team-redis has another label sluice.platform than was deployed"],
  ],
  [
    "another container",
    { containers: [redis({ Id: "2" })] },
    ["drift: team-redis is not the container that was deployed"],
  ],
  [
    "a network that a container is off",
    { containers: [redis({ NetworkSettings: on({ theirs: null }) })] },
    ["drift: team-redis is not on the network team-data"],
  ],
  [
    "names that it lost there",
    { containers: [redis({ NetworkSettings: on({ "team-data": null }) })] },
    ["drift: team-redis is on the network team-data without the names or the address that it was given"],
  ],
  ["a missing container to its own row", { containers: [] }, []],
  [
    "a stranger",
    { containers: [redis(), redis({ Name: "/team-old" })] },
    ["drift: team-old belongs to the platform by its label, but not to what was deployed"],
  ],
  ["a missing network", { networks: [] }, ["drift: the network team-data is missing"]],
  [
    "another network",
    { networks: [{ Id: "m", Name: "team-data" }] },
    ["drift: the network team-data is not the one that was deployed"],
  ],
  ["a missing volume", { volumes: [] }, ["drift: the data volume team-redis-data is missing"]],
])("findDrift tells %s", (_what, changes, expected) =>
  expect(findDrift(recorded, { ...well, ...changes }).map(({ what }) => what)).toEqual(expected),
);

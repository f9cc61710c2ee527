import { refuseRename } from "../../../cli/terraform/refuse-rename";
import type { DeployedPlatform } from "../../../cli/terraform/state";
import { standInDocker } from "../../support/stand-in-docker";

const named = (name: string) => ({
  name,
  dataVolumes: [`${name}-postgres-data`, `${name}-redis-data`],
  usedVolumes: [],
});
const deployed = { name: "old" } as DeployedPlatform;
const old = named("old");
const changed = named("new");

describe("refuseRename", () => {
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });
  const refuse = (
    is: DeployedPlatform | undefined,
    volumes: Parameters<typeof standInDocker>[0],
    planned = changed,
  ) => {
    process.env["PATH"] = standInDocker(volumes);
    return refuseRename({ home: "/srv/team", deployed: is, last: old, planned }, "platform.yaml");
  };
  const every = [...old.dataVolumes, ...changed.dataVolumes];

  it("names both, the data that would not be found, and every way on", async () => {
    await expect(refuse(deployed, old.dataVolumes)).rejects.toThrow(
      `platform.yaml says name: new, but old is deployed (home /srv/team). new would begin with empty data: it does not find old-postgres-data, old-redis-data
  → write name: old again. To have new beside it, give it a home of its own: SLUICE_HOME=.sluice-new. To rename old with its data, see "Rename a platform" in docs/operations.md. To end old: npm run destroy, with -- --volumes if its data may go`,
    );
  });

  it.each<[string, DeployedPlatform | undefined, string[] | "unreachable"]>([
    ["it is deployed, though copies are there", deployed, every],
    ["it was destroyed, and its data is kept", undefined, old.dataVolumes],
    ["not every volume was copied", undefined, [...old.dataVolumes, "new-postgres-data"]],
  ])("refuses when %s", async (_what, is, volumes) => {
    await expect(refuse(is, volumes)).rejects.toThrow(/old (is deployed|has left its data)/);
  });

  it("risks nothing when the engine cannot be asked", async () => {
    await expect(refuse(undefined, "unreachable")).rejects.toThrow("Cannot connect to the Docker daemon");
  });

  it.each([
    ["the name is the same", deployed, old.dataVolumes, old],
    ["the data was copied after a destroy", undefined, every, changed],
    ["the old data is gone", undefined, [], changed],
  ])("lets pass when %s", async (_what, is, volumes, planned) => {
    await expect(refuse(is, volumes, planned)).resolves.toBeUndefined();
  });
});

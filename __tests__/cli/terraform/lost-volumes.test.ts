import { lostVolumes } from "../../../cli/terraform/lost-volumes";
import { standInDocker } from "../../support/stand-in-docker";

const last = {
  name: "team",
  dataVolumes: ["team-gateway-journal", "team-postgres-data", "team-redis-data"],
  usedVolumes: ["team-postgres-data", "team-redis-data"],
};

describe("lost volumes", () => {
  const path = process.env["PATH"];
  afterEach(() => {
    process.env["PATH"] = path;
  });

  it.each([
    ["those that were in use and are gone", last, ["team-redis-data"], ["team-postgres-data"]],
    ["none when all are there", last, last.dataVolumes, []],
    ["none where nothing was ever deployed", undefined, [], []],
  ])("are %s", async (_what, record, there, lost) => {
    process.env["PATH"] = standInDocker(there);
    expect(await lostVolumes(record)).toEqual(lost);
  });

  it("are not guessed when the engine cannot be asked", async () => {
    process.env["PATH"] = standInDocker("unreachable");
    await expect(lostVolumes(last)).rejects.toThrow("Cannot connect to the Docker daemon");
  });
});

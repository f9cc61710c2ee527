import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgetDeployed, lastDeployed, rememberDeployed } from "../../../cli/terraform/last-deployed";
import { readState } from "../../../cli/terraform/state";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const postgres = stateContainer("team", "postgres", ["team-postgres-data"]);
const gateway = stateContainer("team", "gateway", ["team-gateway-journal"]);

describe("what was deployed last", () => {
  it("is known after the state has forgotten it, until the data is gone", () => {
    const home = temporaryFolder();
    const volumes = ["team-gateway-journal", "team-postgres-data"];
    const team = { name: "team", dataVolumes: volumes, usedVolumes: volumes };
    expect(lastDeployed(home, undefined)).toBeUndefined();
    writeState(home, stateText([postgres, gateway]));
    rememberDeployed(home, readState(home));
    expect(statSync(join(home, "last-deployed.json")).mode & 0o777).toBe(0o600);

    // An interrupted destroy: one of two containers is gone.
    writeState(home, stateText([gateway]));
    expect(lastDeployed(home, readState(home))).toEqual(team);
    rememberDeployed(home, readState(home));

    writeState(home, stateText([]));
    rememberDeployed(home, readState(home));
    expect(lastDeployed(home, readState(home))).toEqual(team);
    forgetDeployed(home);
    expect(lastDeployed(home, undefined)).toBeUndefined();
  });

  it("is what the state says, when another name was deployed since", () => {
    const home = temporaryFolder();
    writeState(home, stateText([postgres]));
    rememberDeployed(home, readState(home));
    writeState(home, stateText([stateContainer("other", "redis", ["other-redis-data"])]));
    expect(lastDeployed(home, readState(home))).toEqual({
      name: "other",
      dataVolumes: ["other-redis-data"],
      usedVolumes: ["other-redis-data"],
    });
  });

  it("tells volumes that were in use from those that an interrupted first deploy only named", () => {
    const home = temporaryFolder();
    const outputs = { data_volumes: { value: ["team-gateway-journal", "team-postgres-data"] } };
    writeState(home, stateText([postgres], outputs));
    rememberDeployed(home, readState(home));
    expect(lastDeployed(home, readState(home))).toEqual({
      name: "team",
      dataVolumes: ["team-gateway-journal", "team-postgres-data"],
      usedVolumes: ["team-postgres-data"],
    });
    // Its record is kept when a later apply that failed has taken the container out of the state.
    writeState(home, stateText([stateContainer("team", "redis")], outputs));
    expect(lastDeployed(home, readState(home))?.usedVolumes).toEqual(["team-postgres-data"]);
  });

  it("reads the record of a version that did not tell them apart", () => {
    const home = temporaryFolder();
    writeFileSync(join(home, "last-deployed.json"), '{"name":"team","dataVolumes":["team-postgres-data"]}');
    expect(lastDeployed(home, undefined)).toMatchObject({
      dataVolumes: ["team-postgres-data"],
      usedVolumes: [],
    });
  });

  it("makes no home where nothing is deployed", () => {
    const home = join(temporaryFolder(), "home");
    rememberDeployed(home, undefined);
    expect(existsSync(home)).toBe(false);
  });

  it("is not guessed from a damaged record", () => {
    const home = temporaryFolder();
    writeFileSync(join(home, "last-deployed.json"), "{");
    expect(() => lastDeployed(home, undefined)).toThrow(/last-deployed\.json is damaged/);
  });
});

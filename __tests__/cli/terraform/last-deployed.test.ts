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
    const team = { name: "team", dataVolumes: ["team-gateway-journal", "team-postgres-data"] };
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
    expect(lastDeployed(home, readState(home))).toEqual({ name: "other", dataVolumes: ["other-redis-data"] });
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

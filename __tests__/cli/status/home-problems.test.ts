import { writeFileSync } from "node:fs";
import { beginRotation } from "../../../cli/rotation/pending-rotation";
import { ensureSecrets, readSecrets, secretFile, writeSecrets } from "../../../cli/secrets/secret-store";
import { homeProblems } from "../../../cli/status/home-problems";
import { readableRecord } from "../../../cli/status/platform-name";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

const deployed = (secrets: object = {}) =>
  stateText([stateContainer("team", "redis")], { secrets: { value: secrets, sensitive: true } });

describe("the home of a platform", () => {
  let home: string;
  const problems = () => {
    const { recorded, fault } = readableRecord(home);
    return homeProblems(home, recorded, fault);
  };
  beforeEach(() => {
    home = temporaryFolder();
    ensureSecrets(home, [], {});
    writeState(home, deployed(readSecrets(home)));
  });

  it("is well with its secrets and without a rotation, and where nothing is deployed", () => {
    expect(problems()).toEqual([]);
    expect(homeProblems(temporaryFolder(), undefined, undefined)).toEqual([]);
  });

  it("has lost its secret file, which nothing that runs shows", () => {
    writeSecrets(home, {});
    expect(problems()).toEqual([
      {
        what: `the secret file is lost: ${secretFile(home)}`,
        remedy: "restore the file from your backup, or: npm run sluice -- init --recover-from-state",
      },
    ]);
  });

  it("lacks a secret that is deployed, not one that only this checkout knows", () => {
    const { gateway_database_password: lost, gateway_master_key: unknown, ...others } = readSecrets(home);
    writeSecrets(home, others);
    writeState(home, deployed({ ...others, gateway_database_password: lost }));
    expect(unknown).toBeDefined();
    expect(problems().map(({ what }) => what)).toEqual([
      `${secretFile(home)} lacks secrets of what is deployed: gateway_database_password`,
    ]);
  });

  it("has damaged files", () => {
    writeFileSync(secretFile(home), "{");
    writeFileSync(`${home}/rotation.json`, "{");
    expect(problems().map(({ what }) => what)).toEqual([
      expect.stringContaining("is not a JSON object of strings"),
      expect.stringContaining("rotation.json"),
    ]);
    writeState(home, "{");
    expect(problems()).toEqual([
      {
        what: expect.stringContaining("is damaged"),
        remedy: expect.stringContaining("platform.tfstate.backup"),
      },
    ]);
  });

  it("has a rotation that has not ended", () => {
    const { startedAt } = beginRotation(
      home,
      { secret: "gateway_database_password" },
      { gateway_database_password: "new" },
    );
    expect(problems()).toEqual([
      {
        what: `the rotation of gateway_database_password, begun at ${startedAt}, has not ended`,
        remedy: "npm run sluice -- rotate gateway_database_password",
      },
    ]);
  });
});

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findOrphans } from "../../../cli/apply/orphans";
import { rememberDeployed } from "../../../cli/terraform/last-deployed";
import type { Plan } from "../../../cli/terraform/planned-changes";
import { readState } from "../../../cli/terraform/state";
import { stateContainer, stateText, writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

/** An engine with one container of the platform, and a state that knows none. */
describe("containers without a state", () => {
  const path = process.env["PATH"];
  const nothing: Plan = {
    changes: [],
    existing: [],
    summary: { changes: [], risks: [] },
    isEmpty: true,
    lostEndpoints: [],
    warnings: [],
  };
  beforeAll(() => {
    const folder = temporaryFolder();
    const script = `#!/bin/sh
case $1 in
  ps) echo 1 ;;
  *) echo '[{"Id":"1","Name":"/team-redis"}]' ;;
esac
`;
    writeFileSync(join(folder, "docker"), script);
    chmodSync(join(folder, "docker"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
  });
  afterAll(() => {
    process.env["PATH"] = path;
  });

  it("belong to another home, where this one has deployed nothing", async () => {
    const home = temporaryFolder();
    await expect(findOrphans("team", nothing, home)).rejects.toThrow(
      /team-redis.*is empty: they were deployed from elsewhere\n.*set SLUICE_HOME/,
    );
  });

  it("are this home's own, whose state is lost", async () => {
    const home = temporaryFolder();
    writeState(home, stateText([stateContainer("team", "redis")]));
    rememberDeployed(home, readState(home));
    writeState(home, "");
    await expect(findOrphans("team", nothing, home)).rejects.toThrow(
      /which this home deployed, and its state .* is lost\n.*from your backup.*docker rm --force team-redis; then npm run deploy/,
    );
    await expect(findOrphans("team", nothing, home)).rejects.not.toThrow("elsewhere");
  });
});

import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeWorkspaceRules } from "../../../cli/docker/workspace-rules";
import { temporaryFolder } from "../../support/temporary-folder";

/** A program in place of docker, since there need be none here; what the real one does is the acceptance suite's subject. */
describe("removing the rules of the workspaces network", () => {
  const path = process.env["PATH"];
  const folder = temporaryFolder();
  const calls = join(folder, "calls");
  const standIn = (script: string) => {
    writeFileSync(calls, "");
    writeFileSync(join(folder, "docker"), `#!/bin/sh\necho "$*" >>'${calls}'\n${script}\n`);
    chmodSync(join(folder, "docker"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
  };
  afterEach(() => {
    process.env["PATH"] = path;
  });

  it("runs nft from the firewall's image, with the one capability that it needs", async () => {
    standIn('[ "$1" = run ] || echo 0123abcd');
    await removeWorkspaceRules("sluice");
    const [list, run] = readFileSync(calls, "utf8").split("\n");
    expect(list).toContain("reference=sluice/workspace-firewall");
    expect(run).toMatch(
      /^run --rm --network host --cap-drop ALL --cap-add NET_ADMIN .* 0123abcd sh -euc .*sluice-0f5aec3c/,
    );
  });

  it("does nothing where there was no firewall", async () => {
    standIn("true");
    await removeWorkspaceRules("sluice");
    expect(readFileSync(calls, "utf8")).not.toContain("run");
  });

  it("says what is left, and how to remove it, when the engine refuses", async () => {
    standIn("[ \"$1\" = run ] || { echo 0123abcd; exit 0; }; echo 'operation not permitted' >&2; exit 1");
    await expect(removeWorkspaceRules("sluice")).rejects.toThrow(
      /still in the kernel.*operation not permitted\n {2}→ run there as root: nft delete table inet sluice-0f5aec3c; nft delete table bridge sluice-0f5aec3c/,
    );
  });
});

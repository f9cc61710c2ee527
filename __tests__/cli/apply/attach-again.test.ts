import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachAgain, rememberDetached } from "../../../cli/apply/attach-again";
import { Progress } from "../../../cli/terminal/progress";
import { temporaryFolder } from "../../support/temporary-folder";

/** A program in place of docker; the real one is asked in the acceptance suite. */
describe("containers that were disconnected", () => {
  const path = process.env["PATH"];
  const folder = temporaryFolder();
  const calls = join(folder, "calls");
  let home: string;
  const record = () => join(home, "state/detached.json");
  const standIn = (script: string) => {
    writeFileSync(calls, "");
    writeFileSync(join(folder, "docker"), `#!/bin/sh\necho "$*" >> ${calls}\n${script}\n`);
    chmodSync(join(folder, "docker"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
  };
  const attachment = (container: string, address?: string) => ({
    network: "sluice-workspaces",
    isReplaced: true,
    container,
    containerId: `id-${container}`,
    isRunning: true,
    aliases: ["dev"],
    address,
  });
  const inspected = `[ "$1" = container ] && { echo '[{"NetworkSettings":{"Networks":{}}}]'; exit 0; }
:`;
  const again = () => attachAgain(home, new Progress({ quiet: true }));

  beforeEach(() => {
    home = temporaryFolder();
    mkdirSync(join(home, "state"));
  });
  afterEach(() => {
    process.env["PATH"] = path;
  });

  it("are connected under their names; at their address where the network has it", async () => {
    standIn(`${inspected}\ncase "$*" in *--ip*) exit 1 ;; esac`);
    rememberDetached(home, [attachment("one", "10.0.0.9")]);
    expect(await again()).toEqual([]);
    expect(readFileSync(calls, "utf8").split("\n").slice(1, 3)).toEqual([
      "network connect --ip 10.0.0.9 --alias dev sluice-workspaces id-one",
      "network connect --alias dev sluice-workspaces id-one",
    ]);
    expect(existsSync(record())).toBe(false);
  });

  it("are tried again by the next run, together with new ones", async () => {
    standIn(`${inspected}\necho 'network sluice-workspaces not found' >&2; exit 1`);
    rememberDetached(home, [attachment("one")]);
    expect(await again()).toEqual([
      "one is not connected to sluice-workspaces: docker network connect failed: network sluice-workspaces not found",
    ]);
    rememberDetached(home, [attachment("two")]);
    standIn(inspected);
    expect(await again()).toEqual([]);
    expect(readFileSync(calls, "utf8")).toMatch(/connect .* id-one\n[\s\S]*connect .* id-two\n/);
    expect(existsSync(record())).toBe(false);
  });

  it("are forgotten when they are gone, or somebody has connected them", async () => {
    standIn(`case "$3" in
  id-gone) echo 'Error: No such container: id-gone' >&2; exit 1 ;;
  *) echo '[{"NetworkSettings":{"Networks":{"sluice-workspaces":{}}}}]' ;;
esac`);
    rememberDetached(home, [attachment("gone"), attachment("there")]);
    expect(await again()).toEqual([]);
    expect(readFileSync(calls, "utf8")).not.toContain("connect");
    expect(existsSync(record())).toBe(false);
  });
});

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../../../cli/docker/docker";
import { inspectObjects } from "../../../cli/docker/objects";
import { UserError } from "../../../cli/terminal/user-error";
import { temporaryFolder } from "../../support/temporary-folder";

/** A program in place of docker, since there need be none here; what the real one says is the acceptance suite's subject. */
describe("the docker command line", () => {
  const path = process.env["PATH"];
  const folder = temporaryFolder();
  const standIn = (script: string) => {
    writeFileSync(join(folder, "docker"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "docker"), 0o755);
    process.env["PATH"] = `${folder}:${path}`;
  };
  afterEach(() => {
    process.env["PATH"] = path;
  });

  it("gives what it prints, and gets its input", async () => {
    standIn('cat; echo " $*"');
    expect(await docker(["volume", "ls"], { input: "in" })).toBe("in volume ls\n");
  });

  it("repeats what it complains of, without its arguments", async () => {
    standIn("echo 'Error: no space left' >&2; exit 1");
    const failure = await docker(["volume", "create", "secret-argument"]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect((failure as Error).message).toBe("docker volume create failed: Error: no space left");
  });

  it.each([
    ["exit 137", "docker exec --interactive failed: ended with exit code 137, without a word"],
    ["kill -KILL $$", "docker exec --interactive failed: ended by SIGKILL, without a word"],
  ])("says how it ended when it says nothing itself: %s", async (script, expected) => {
    standIn(script);
    const failure = await docker(["exec", "--interactive", "gateway", "node", "-"]).catch(
      (error: unknown) => error,
    );
    expect((failure as Error).message).toBe(expected);
  });

  it("is missed with a remedy", async () => {
    process.env["PATH"] = temporaryFolder();
    await expect(docker(["ps"])).rejects.toThrow(/not installed\n {2}→ install it/);
  });

  it("is not waited for longer than is told", async () => {
    standIn("exec sleep 20");
    await expect(docker(["ps"], { timeoutMs: 200 })).rejects.toThrow(
      "docker ps failed: no answer within 0.2 s",
    );
  });

  it("leaves out objects that do not exist, and no other failure", async () => {
    standIn(`case $3 in
  here) echo '[{"Name":"here"}]' ;;
  gone) echo 'Error response from daemon: get gone: no such volume' >&2; exit 1 ;;
  *) echo 'Cannot connect to the Docker daemon' >&2; exit 1 ;;
esac`);
    expect(await inspectObjects("volume", ["here", "gone"])).toEqual([{ Name: "here" }]);
    await expect(inspectObjects("volume", ["other"])).rejects.toThrow("Cannot connect to the Docker daemon");
  });
});

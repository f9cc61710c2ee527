import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../support/source-files";
import { temporaryFolder } from "../support/temporary-folder";

/** On a hosted runner the declared images are pulled: nothing is built, nothing needs root. The engine's client is a script here. */
describe("the images of the acceptance tests", () => {
  function buildImages(pullWorks: boolean) {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "bin"));
    const calls = join(folder, "calls");
    const executable = (name: string, script: string) => {
      writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, "bin", name), 0o755);
    };
    executable(
      "docker",
      `echo "$*" >>${calls}; case "$1" in version) exit 0;; pull) [ ${pullWorks ? 0 : 1} = 0 ] && exit 0; echo 'no such host' >&2; exit 1;; *) echo; exit 1;; esac`,
    );
    // Not root, and nothing that could build a base.
    executable("id", "echo 1001");
    const { status, stderr } = spawnSync(
      "bash",
      [join(PROJECT, "__tests__/support/stand-in-images/build.sh"), "postgres=postgres:17.7-bookworm"],
      {
        encoding: "utf8",
        env: { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder, XDG_CACHE_HOME: folder, TMPDIR: folder },
      },
    );
    return { status, stderr, calls: readFileSync(calls, "utf8").split("\n") };
  }

  it("are pulled where a registry answers", () => {
    const { status, calls } = buildImages(true);
    expect(calls).toContain("pull --quiet postgres:17.7-bookworm");
    expect(calls.filter((call) => call.startsWith("build"))).toEqual([]);
    expect(status).toBe(0);
  });

  it("are built where none answers, and who may not build is told", () => {
    const { status, stderr } = buildImages(false);
    expect(stderr).toContain("cannot be pulled (no such host)");
    expect(status).toBe(1);
  });
});

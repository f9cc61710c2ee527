import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../support/source-files";
import { writeState } from "../../support/state-fixture";
import { temporaryFolder } from "../../support/temporary-folder";

/** A program in place of docker, which knows one container with one line. */
const ENGINE = `#!/bin/sh
case $1 in
  ps) echo 1 ;;
  container) echo '[{"Id":"1","Name":"/team-redis"}]' ;;
  logs) echo '2026-03-10T09:00:00.000000000Z ready' ;;
esac
`;

describe("sluice logs", () => {
  /** @param damage what happens to the home before */
  function logs(environment: NodeJS.ProcessEnv, damage: (home: string) => void = () => {}) {
    const [home, folder] = [join(temporaryFolder(), "home"), temporaryFolder()];
    damage(home);
    writeFileSync(join(folder, "platform.yaml"), "apiVersion: sluice/v1\nname: team\n");
    writeFileSync(join(folder, "docker"), ENGINE);
    chmodSync(join(folder, "docker"), 0o755);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "cli/main.ts", "logs"],
      {
        cwd: PROJECT,
        encoding: "utf8",
        env: {
          ...process.env,
          SLUICE_HOME: home,
          SLUICE_CONFIG: join(folder, "platform.yaml"),
          PATH: `${folder}:${process.env["PATH"]}`,
          ...environment,
        },
      },
    );
    return { status, output: stdout + stderr };
  }

  it("need only the engine: a damaged state does not keep them away", () => {
    // With a context the engine is asked through the command line.
    const { status, output } = logs({ DOCKER_CONTEXT: "stand-in" }, (home) => writeState(home, "{"));
    expect(output).toBe("ready\n");
    expect(status).toBe(0);
  });

  it("say what to do when no engine answers", () => {
    const { status, output } = logs({ DOCKER_CONTEXT: "", DOCKER_HOST: "unix:///nowhere.sock" });
    expect(output).toMatch(/no Docker engine answers at unix:\/\/\/nowhere\.sock[\s\S]*DOCKER_CONTEXT/);
    expect(status).toBe(1);
  });
});

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportFailures } from "../../../cli/apply/failure-report";
import { temporaryFolder } from "../../support/temporary-folder";

const path = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = path;
});

const container = (restarts: number, state: object) => ({
  Id: "1",
  Name: "/team-gateway",
  RestartCount: restarts,
  State: { Status: "running", ExitCode: 0, OOMKilled: false, Health: { Status: "starting" }, ...state },
  HostConfig: { RestartPolicy: { Name: "unless-stopped" } },
});

/** An engine with one container, which is found in each of these conditions in turn, and then stays in the last. */
function engine(...conditions: object[]): void {
  const folder = temporaryFolder();
  for (const [index, one] of conditions.entries())
    writeFileSync(join(folder, `${index}.json`), JSON.stringify([one]));
  writeFileSync(
    join(folder, "docker"),
    `#!/bin/sh
cd ${folder}
case $1 in
  ps) echo 1 ;;
  logs) echo "the last line" ;;
  container)
    count=$(cat count 2>/dev/null || echo 0)
    [ ! -e $((count + 1)).json ] || echo $((count + 1)) >count
    cat $count.json ;;
esac
`,
  );
  chmodSync(join(folder, "docker"), 0o755);
  process.env["PATH"] = `${folder}:${path}`;
}

describe("a container that ends again and again", () => {
  it("is reported as it ended, though it runs when it is looked at first", async () => {
    engine(
      container(5, {}),
      container(5, {}),
      container(6, { Status: "restarting", ExitCode: 137, OOMKilled: true }),
    );
    const [report = ""] = await reportFailures("team");
    expect(report).toMatch(
      /^team-gateway: restarting, exit code 137, killed for lack of memory, restarted 6 times\n/,
    );
    expect(report).toContain("give it more memory: memoryMegabytes under resources");
    expect(report).toContain("    the last line");
  });

  it("is reported at once between two starts", async () => {
    engine(
      container(5, { Status: "restarting", ExitCode: 1 }),
      container(5, { Status: "exited", ExitCode: 2 }),
    );
    expect((await reportFailures("team")).join()).toMatch(
      /^team-gateway: restarting, exit code 1, restarted 5 times\n/,
    );
  });
});

it("a container that was never started again is not waited for", async () => {
  engine(container(0, { Health: { Status: "unhealthy" } }), container(0, { Status: "exited", ExitCode: 1 }));
  expect((await reportFailures("team")).join()).toMatch(/^team-gateway: running, health unhealthy\n/);
});

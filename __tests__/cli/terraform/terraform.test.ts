import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Terraform, TerraformError } from "../../../cli/terraform/terraform";
import { eventually } from "../../support/services/eventually";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

/** A program in place of Terraform: what the real one does at signals is the acceptance suite's subject. */
const folder = temporaryFolder();
const command = join(folder, "terraform");
const terraform = new Terraform({ command, version: "1.11.0" }, folder);
const file = (name: string) => join(folder, name);

function standIn(script: string): void {
  writeFileSync(command, `#!/bin/bash\n${script}\n`);
  chmodSync(command, 0o755);
}

describe("a run", () => {
  it("gives its output and passes its options on", async () => {
    standIn('echo "$@"');
    expect(await terraform.run(["output", "-json"], { output: "collect" })).toEqual({
      exitCode: 0,
      stdout: "output -json\n",
    });
  });

  it("fails with its reason, and accepts what is an answer", async () => {
    standIn("echo out; echo reason >&2; exit 2");
    await expect(terraform.run(["plan"], { output: "collect" })).rejects.toThrow(
      /terraform plan failed with exit code 2:\nreason$/,
    );
    expect((await terraform.run(["plan"], { output: "collect", accept: [2] })).exitCode).toBe(2);
  });

  it("says what to do about a full disk", async () => {
    standIn("echo 'Failed to write plan file: write plan: no space left on device' >&2; exit 1");
    await expect(terraform.run(["plan"], { output: "collect" })).rejects.toThrow(
      /no space left on device\n {2}→ the disk is full; free some space: npm run sluice -- images prune/,
    );
  });

  it("names who has the state", async () => {
    standIn(`cat >&2 <<TEXT
│ Error: Error acquiring the state lock
│   Operation: OperationTypeApply
│   Who:       ada@build-1
│   Created:   2026-11-28 05:48:11.854988275 +0000 UTC
TEXT
exit 1`);
    const failure = await terraform.run(["plan"], { output: "collect" }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      isLocked: true,
      problem:
        "the state of this platform is in use: apply of ada@build-1, since 2026-11-28 05:48:11 +0000 UTC",
    });
    expect(failure).toBeInstanceOf(TerraformError);
  });

  it("writes to a file that others cannot read, and is followed there", async () => {
    standIn("echo one; sleep 0.3; echo two >&2");
    const shown: string[] = [];
    const to = { write: (text: string) => shown.push(text) } as unknown as NodeJS.WritableStream;
    await terraform.run(["apply"], { output: "show", to, log: file("apply.log") });
    expect(shown.join("")).toBe("one\ntwo\n");
    expect(readFileSync(file("apply.log"), "utf8")).toBe("one\ntwo\n");
    expect(statSync(file("apply.log")).mode & 0o777).toBe(0o600);
  });

  it("ends early when it is told to", async () => {
    standIn("trap 'exit 3' INT; echo started; while :; do sleep 0.05; done");
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 300);
    await expect(terraform.run(["apply"], { output: "collect", stop: stop.signal })).rejects.toThrow(
      "exit code 3",
    );
  });
});

/** A process that runs the stand-in, for signals that would end the tests. */
const SCRIPT = `
require("tsx/cjs");
const { Terraform } = require("./cli/terraform/terraform.ts");
const { ignoreClosedOutput } = require("./cli/terminal/closed-output.ts");
ignoreClosedOutput();
const [command, folder] = process.argv.slice(1);
new Terraform({ command, version: "1.11.0" }, folder)
  .run(["apply"], { output: "show", log: folder + "/apply.log" })
  .then(() => 0, (error) => { console.error(error.message); return error.exitCode; })
  .then((code) => { process.exitCode = code; });
`;

describe("signals", () => {
  let running: ChildProcess | undefined;
  afterEach(() => void running?.kill("SIGKILL"));

  function start(): { readonly child: ChildProcess; readonly text: () => string } {
    standIn(`echo "docker_container.gateway: Creating..."
trap 'echo INT >> ${file("signals")}' INT
trap 'echo TERM >> ${file("signals")}' TERM HUP
for step in $(seq 60); do sleep 0.05; done
echo done > ${file("done")}`);
    writeFileSync(file("signals"), "");
    if (existsSync(file("done"))) writeFileSync(file("done"), "");
    const { npm_lifecycle_event: _, ...env } = process.env;
    running = spawn(process.execPath, ["-e", SCRIPT, command, folder], { cwd: PROJECT, env });
    let text = "";
    for (const stream of [running.stdout, running.stderr]) stream?.on("data", (chunk) => (text += chunk));
    return { child: running, text: () => text };
  }

  it.each([
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const)("%s is passed on once, waited for and told", async (signal, exitCode) => {
    const { child, text } = start();
    await eventually(() => text().includes("Creating"));
    child.kill(signal);
    expect(await once(child, "close")).toEqual([exitCode, null]);
    expect(text()).toContain(
      `${signal}: finishing the resource at hand (docker_container.gateway), then the state is saved…`,
    );
    expect(readFileSync(file("signals"), "utf8")).toBe("INT\n");
    expect(readFileSync(file("done"), "utf8")).toBe("done\n");
    expect(text()).toContain(`interrupted by ${signal}: apply was done`);
  });

  it("the second does not cut it off, and tells what a kill would leave", async () => {
    const { child, text } = start();
    await eventually(() => text().includes("Creating"));
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    child.kill("SIGTERM");
    expect(await once(child, "close")).toEqual([130, null]);
    expect(text()).toMatch(
      /SIGTERM again: still finishing docker_container\.gateway; it is not cut off\. A kill \(kill -KILL -\d+\) may leave these/,
    );
    expect(readFileSync(file("signals"), "utf8")).toBe("INT\n");
  });

  it("a closed terminal ends neither us nor Terraform before its time", async () => {
    const { child, text } = start();
    await eventually(() => text().includes("Creating"));
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.kill("SIGHUP");
    expect(await once(child, "exit")).toEqual([129, null]);
    expect(readFileSync(file("done"), "utf8")).toBe("done\n");
  });

  it("Terraform outlives us", async () => {
    const { child, text } = start();
    await eventually(() => text().includes("Creating"));
    child.kill("SIGKILL");
    await eventually(() => readFileSync(file("done"), "utf8") === "done\n");
    expect(readFileSync(file("apply.log"), "utf8")).toContain("Creating");
  });
});

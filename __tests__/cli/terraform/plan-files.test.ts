import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { openState, stateFolder } from "../../../cli/sluice-home";
import { stackFolder } from "../../../cli/stack-folder";
import { removeStalePlans, withPlanFile } from "../../../cli/terraform/plan-files";
import { PROJECT } from "../../support/source-files";
import { temporaryFolder } from "../../support/temporary-folder";

/** A process of ours that has written its plan and waits for an answer. */
async function waitingDeploy(home: string): Promise<ChildProcess> {
  const script = `require("./cli/terraform/plan-files.ts").withPlanFile(process.argv[1], (file) => {
    require("node:fs").writeFileSync(file, "planted");
    console.log(file);
    return new Promise((done) => setTimeout(done, 60_000));
  })`;
  const child = spawn(process.execPath, ["--require", "tsx/cjs", "--eval", script, home], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, "data");
  return child;
}

describe("withPlanFile", () => {
  it("gives a place that nobody else enters, and leaves nothing", async () => {
    const home = temporaryFolder();
    await withPlanFile(home, async (file) => {
      writeFileSync(file, "planted");
      for (const folder of [dirname(file), join(home, "plans")])
        expect(statSync(folder).mode & 0o777).toBe(0o700);
    });
    expect(readdirSync(home)).toEqual([]);
  });

  it("leaves nothing when the work fails, and no home where there was none", async () => {
    const home = join(temporaryFolder(), "home");
    await expect(
      withPlanFile(home, async (file) => {
        writeFileSync(file, "planted");
        throw new Error("apply failed");
      }),
    ).rejects.toThrow("apply failed");
    expect(existsSync(home)).toBe(false);
  });
});

describe("removeStalePlans", () => {
  it("removes the plan of a deploy that was killed, and not that of one which waits for its answer", async () => {
    const home = temporaryFolder();
    const [killed, waiting] = await Promise.all([waitingDeploy(home), waitingDeploy(home)]);
    try {
      removeStalePlans({ SLUICE_HOME: home });
      expect(readdirSync(join(home, "plans"))).toHaveLength(2);
      killed.kill("SIGKILL");
      await once(killed, "exit");
      removeStalePlans({ SLUICE_HOME: home });
      expect(readdirSync(join(home, "plans"))).toEqual([expect.stringMatching(`^${waiting.pid}-`)]);
    } finally {
      waiting.kill("SIGKILL");
      await once(waiting, "exit");
    }
    removeStalePlans({ SLUICE_HOME: home });
    expect(readdirSync(home)).toEqual([]);
  });

  it("removes what a later process with the same number did not make", () => {
    const home = temporaryFolder();
    mkdirSync(join(home, `plans/${process.pid}-1`), { recursive: true });
    removeStalePlans({ SLUICE_HOME: home });
    expect(readdirSync(home)).toEqual([]);
  });

  it("removes those of older versions and of cdktf diff, and nothing else", () => {
    const home = temporaryFolder();
    openState(home);
    for (const name of ["deploy-4194304.tfplan", "platform.tfstate"])
      writeFileSync(join(stateFolder(home), name), "planted");
    const folder = stackFolder(join(home, "cdktf.out"));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "plan"), "planted");
    writeFileSync(join(folder, "cdk.tf.json"), "{}");
    removeStalePlans({ SLUICE_HOME: home });
    expect([readdirSync(stateFolder(home)), readdirSync(folder)]).toEqual([
      ["platform.tfstate"],
      ["cdk.tf.json"],
    ]);
  });
});

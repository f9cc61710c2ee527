import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { PROJECT_ROOT, stateFile } from "../../cli/sluice-home";
import { claimStackFolder, leadCdktfTo, outputFolder, stackFolder } from "../../cli/stack-folder";
import { temporaryFolder } from "../support/temporary-folder";

const PROJECTS = join(PROJECT_ROOT, "cdktf.out");

/** An output folder with the stack of a home. */
function outputOf(home: string): string {
  const outdir = temporaryFolder();
  mkdirSync(stackFolder(outdir), { recursive: true });
  const path = relative(stackFolder(outdir), stateFile(home));
  writeFileSync(
    join(stackFolder(outdir), "cdk.tf.json"),
    JSON.stringify({ terraform: { backend: { local: { path } } } }),
  );
  return outdir;
}

describe("outputFolder", () => {
  const home = temporaryFolder();
  it.each([
    ["of the home .sluice is the project's", {}, PROJECTS],
    ["of another home is in it", { SLUICE_HOME: home }, join(home, "cdktf.out")],
    ["is the one that the CDKTF CLI names", { CDKTF_OUTDIR: "cdktf.out" }, PROJECTS],
    [
      "is never the project's for another home",
      { SLUICE_HOME: home, CDKTF_OUTDIR: "cdktf.out" },
      join(home, "cdktf.out"),
    ],
    ["may be a new one", { SLUICE_HOME: home, CDKTF_OUTDIR: "/tmp/new" }, "/tmp/new"],
  ])("%s", (_what, env, folder) => expect(outputFolder(env)).toBe(folder));

  it("is one that the home used before, and never one that another home uses", () => {
    const own = outputOf(home);
    expect(outputFolder({ SLUICE_HOME: home, CDKTF_OUTDIR: own })).toBe(own);
    const anothers = outputOf(temporaryFolder());
    expect(outputFolder({ SLUICE_HOME: home, CDKTF_OUTDIR: anothers })).toBe(join(home, "cdktf.out"));
    expect(outputFolder({ CDKTF_OUTDIR: anothers })).toBe(PROJECTS);
  });
});

describe("claimStackFolder", () => {
  const memoryOf = (outdir: string) => join(stackFolder(outdir), ".terraform/terraform.tfstate");
  const remember = (outdir: string, home: string) => {
    mkdirSync(join(stackFolder(outdir), ".terraform"), { recursive: true });
    const path = relative(stackFolder(outdir), stateFile(home));
    writeFileSync(memoryOf(outdir), JSON.stringify({ backend: { type: "local", config: { path } } }));
  };

  it("makes it, closed to others", () => {
    const outdir = join(temporaryFolder(), "out");
    claimStackFolder(outdir, "/home");
    expect(statSync(stackFolder(outdir)).mode & 0o777).toBe(0o700);
  });

  it("forgets the state of another home, and keeps its own", () => {
    const [home, outdir] = [temporaryFolder(), temporaryFolder()];
    remember(outdir, home);
    claimStackFolder(outdir, home);
    expect(existsSync(memoryOf(outdir))).toBe(true);
    claimStackFolder(outdir, temporaryFolder());
    expect(existsSync(memoryOf(outdir))).toBe(false);
  });
});

describe("leadCdktfTo", () => {
  it("gives the CDKTF CLI the way to the stack, and warnings", () => {
    const [outdir, named] = [outputOf("/home"), temporaryFolder()];
    const stack = {
      workingDirectory: "stacks/platform",
      synthesizedStackPath: "stacks/platform/cdk.tf.json",
      stackMetadataPath: "stacks/platform/metadata.json",
      annotations: [],
    };
    writeFileSync(join(outdir, "manifest.json"), JSON.stringify({ stacks: { platform: stack } }));
    leadCdktfTo(outdir, ["something to know"], { CDKTF_OUTDIR: named });
    const { platform } = JSON.parse(readFileSync(join(named, "manifest.json"), "utf8")).stacks;
    expect(resolve(named, platform.synthesizedStackPath)).toBe(join(stackFolder(outdir), "cdk.tf.json"));
    expect(platform.annotations).toEqual([
      { constructPath: "platform", level: "@cdktf/warn", message: "something to know" },
    ]);
    expect(existsSync(join(named, "stacks"))).toBe(false);
  });
});

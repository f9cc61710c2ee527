import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import { PLATFORM_STACK, PlatformStack } from "../../constructs";
import { ACCESS_KEY } from "../../constructs/coder";
import { SECRETS } from "../../constructs/secret-catalog";
import { HOST_FACT_VARIABLES } from "../support/host-facts";
import { platformConfig } from "../support/platform-fixture";
import { temporaryFolder } from "../support/temporary-folder";
import { findCore } from "../support/terraform-core";

const core = findCore();

/**
 * A real core and the real docker provider plan the stack; no engine is needed, since nothing exists yet.
 * What the plan does when it is applied is the acceptance suite's subject.
 */
const describePlan = core ? describe : describe.skip;
if (!core) {
  console.warn(
    "Plan tests are skipped: found neither terraform nor tofu that can have the docker provider. tools/toolchain/build.sh builds one; test:acceptance always does.",
  );
}

describePlan("the plan of a new platform", () => {
  const outdir = temporaryFolder();
  const folder = join(outdir, "stacks", PLATFORM_STACK);
  const sentinels = Object.fromEntries(
    [...Object.keys(SECRETS), "anthropic_api_key"].map((name, index) => [
      `TF_VAR_${name}`,
      `planted-${index}-d0e7a1`,
    ]),
  );

  function run(...args: string[]): string {
    const { command = "", env } = core ?? {};
    const result = spawnSync(command, args, {
      cwd: folder,
      env: { ...env, ...HOST_FACT_VARIABLES, ...sentinels },
      encoding: "utf8",
    });
    const output = `${result.stdout}${result.stderr}`;
    if (result.status !== 0) throw new Error(`${args[0]} failed:\n${output}`);
    return output;
  }

  function resourceCount(): number {
    const { resource } = JSON.parse(readFileSync(join(folder, "cdk.tf.json"), "utf8"));
    return Object.values<object>(resource).flatMap((all) => Object.keys(all)).length;
  }

  beforeAll(() => {
    const app = new App({ outdir, stackTraces: false });
    new PlatformStack(app, {
      config: platformConfig("resources: { postgres: { cpus: 0.5 } }"),
      stateFolder: join(outdir, "state"),
    });
    app.synth();
    run("init", "-input=false", "-no-color");
  }, 120_000);

  it("is valid for the provider's schema", () => {
    expect(run("validate", "-no-color")).toContain("The configuration is valid");
  });

  it("adds everything and shows no secret", () => {
    const plan = run("plan", "-input=false", "-no-color", "-lock=false");
    expect(plan).toContain(`Plan: ${resourceCount()} to add, 0 to change, 0 to destroy.`);
    expect(plan).toContain("(sensitive value)");
    for (const sentinel of [...Object.values(sentinels), HOST_FACT_VARIABLES[`TF_VAR_${ACCESS_KEY}`]])
      expect(plan).not.toContain(sentinel);
  });

  it("leaves no secret in the folder", () => {
    const files = readdirSync(folder, { encoding: "utf8" }).map((name) => join(folder, name));
    for (const file of files.filter((name) => statSync(name).isFile())) {
      for (const sentinel of Object.values(sentinels))
        expect(readFileSync(file, "utf8")).not.toContain(sentinel);
    }
  });
});

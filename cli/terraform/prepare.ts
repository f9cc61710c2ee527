import { join } from "node:path";
import { PLATFORM_STACK, type PlatformConfig } from "../../constructs";
import { credentialNames } from "../../constructs/gateway-config";
import { linkSecrets } from "../secrets/cdktf-secrets";
import { ensureSecrets } from "../secrets/secret-store";
import { sluiceHome } from "../sluice-home";
import { synthesize } from "../synthesize";
import type { Progress } from "../terminal/progress";
import { checkDockerEngine } from "./docker-engine";
import { type DeployedPlatform, readState } from "./state";
import { Terraform } from "./terraform";
import { findTerraform } from "./terraform-binary";

/** A stack that is ready for `plan`. */
export interface PreparedStack {
  readonly terraform: Terraform;
  /** What platform.yaml says. */
  readonly config: PlatformConfig;
  /** Names of the volumes that hold data, as platform.yaml has them. */
  readonly dataVolumes: readonly string[];
  /** What the home's state says is deployed; undefined when nothing is. */
  readonly deployed: DeployedPlatform | undefined;
}

/** How a stack is prepared. */
export interface PrepareOptions {
  /** `read` writes nothing into the home: no secret, no mode, no credential from the environment. */
  readonly purpose: "read" | "change";
}

/** Checks → secrets → synth → init, each shown as a step. */
export async function prepareStack(
  progress: Progress,
  { purpose: _purpose }: PrepareOptions,
): Promise<PreparedStack> {
  const binary = await progress.step("Checking tools", async (done) => {
    const found = findTerraform();
    await checkDockerEngine();
    done(`${found.command} ${found.version}, Docker engine answers`);
    return found;
  });
  const deployed = readState(sluiceHome());
  const { config, outdir, dataVolumes } = await progress.step("Synthesizing platform.yaml", async () =>
    synthesize(),
  );
  await progress.step("Secrets", async (done) => {
    const { generated, taken } = ensureSecrets(sluiceHome(), credentialNames(config.providers));
    linkSecrets(outdir);
    const news = [
      ...generated.map((name) => `${name} made`),
      ...taken.map((name) => `${name} taken from the environment`),
    ];
    done(news.join(", ") || "all there");
  });
  const terraform = new Terraform(binary, join(outdir, "stacks", PLATFORM_STACK));
  await progress.step("Preparing the docker provider", () => terraform.init());
  return { terraform, config, dataVolumes, deployed };
}

import { join } from "node:path";
import { PLATFORM_STACK, type PlatformConfig } from "../../constructs";
import { credentialNames } from "../../constructs/gateway-config";
import { linkSecrets } from "../secrets/cdktf-secrets";
import { ensureSecrets } from "../secrets/secret-store";
import { sluiceHome } from "../sluice-home";
import { synthesize } from "../synthesize";
import type { Progress } from "../terminal/progress";
import { checkDockerEngine } from "./docker-engine";
import { Terraform } from "./terraform";
import { findTerraform } from "./terraform-binary";

/** A stack that is ready for `plan`. */
export interface PreparedStack {
  readonly terraform: Terraform;
  readonly config: PlatformConfig;
  /** Names of the volumes that hold data. */
  readonly dataVolumes: readonly string[];
}

/** Checks → secrets → synth → init, each shown as a step. */
export async function prepareStack(progress: Progress): Promise<PreparedStack> {
  const binary = await progress.step("Checking tools", async (done) => {
    const found = findTerraform();
    await checkDockerEngine();
    done(`${found.command} ${found.version}, Docker engine answers`);
    return found;
  });
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
  return { terraform, config, dataVolumes };
}

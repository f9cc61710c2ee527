import { ConfigError, type PlatformConfig } from "../../constructs";
import { defaultPlatform } from "../../constructs/config/load";
import { platformFile, shownFile } from "../../constructs/config/platform-file";
import { openState, sluiceHome } from "../sluice-home";
import { stackFolder } from "../stack-folder";
import { type Synthesis, type SynthesisOptions, synthesize } from "../synthesize";
import type { Progress } from "../terminal/progress";
import { isCoderDeployed } from "./coder-state";
import { checkDockerEngine } from "./docker-engine";
import { lastDeployed, rememberDeployed } from "./last-deployed";
import { lostVolumes } from "./lost-volumes";
import { provideHostFacts } from "./provide-host-facts";
import { provideSecrets } from "./provide-secrets";
import type { ExistingPlatform } from "./refuse-new-secrets";
import { refuseRename } from "./refuse-rename";
import { type DeployedPlatform, readState } from "./state";
import { Terraform } from "./terraform";
import { findTerraform } from "./terraform-binary";

/** A stack that is ready for `plan`. */
export interface PreparedStack {
  readonly terraform: Terraform;
  /** Of the platform: when it is to be destroyed, of the one that is or was deployed, else as platform.yaml has it. */
  readonly name: string;
  /** What platform.yaml says. */
  readonly config: PlatformConfig;
  /** Names of the volumes that hold its data; of a platform that is to be destroyed: none where nothing is known of any. */
  readonly dataVolumes: readonly string[];
  /** Data volumes that it had and the engine has no more; not looked for where it is to be destroyed. */
  readonly lostVolumes: readonly string[];
  /** What the home's state says is deployed; undefined when nothing is. */
  readonly deployed: DeployedPlatform | undefined;
  /** Name of the platform file, for messages. */
  readonly file: string;
  /** Output folder with the stacks. */
  readonly outdir: string;
}

/** What a stack is prepared for. */
export interface PrepareOptions {
  /**
   * * `read` writes nothing into the home: no secret, no mode, no credential from the environment.
   * * `change` makes secrets that are missing, where nothing can know others, and takes credentials from the environment.
   * * `destroy` acts on what the state says, whatever platform.yaml and the secret file say.
   */
  readonly purpose: "read" | "change" | "destroy";
}

/** Checks → synth → secrets → facts of the host → init, each shown as a step. */
export async function prepareStack(progress: Progress, { purpose }: PrepareOptions): Promise<PreparedStack> {
  const home = sluiceHome();
  const deployed = readState(home);
  const last = lastDeployed(home, deployed);
  const file = platformFileName(purpose === "destroy" && last !== undefined);
  const binary = await progress.step("Checking tools", async (done) => {
    const found = findTerraform();
    await checkDockerEngine();
    done(`${found.command} ${found.version}, Docker engine answers`);
    return found;
  });
  const synthesis = { isCoderDeployed: isCoderDeployed(home) };
  const { config, outdir, dataVolumes } = await progress.step(`Synthesizing ${file}`, (done) =>
    purpose === "destroy" ? synthesizeAnyhow(synthesis, done) : synthesize(process.env, synthesis),
  );
  const existing: ExistingPlatform = {
    home,
    deployed,
    last,
    planned: { name: config.name, dataVolumes: [...dataVolumes] },
  };
  if (purpose !== "destroy") await refuseRename(existing, file);
  if (purpose !== "read") {
    openState(home);
    rememberDeployed(home, deployed);
  }
  const variables = await progress.step("Secrets", (done) =>
    provideSecrets(purpose, { existing, config, outdir }, done),
  );
  const facts = await progress.step("Certificate and engine", (done) =>
    provideHostFacts(purpose, { home, config, outdir }, done),
  );
  const terraform = new Terraform(binary, stackFolder(outdir), { ...variables, ...facts });
  await progress.step("Preparing the docker provider", () => terraform.init());
  const lost = purpose === "destroy" ? [] : await lostVolumes(last);
  const acted = purpose === "destroy" ? (last ?? { name: config.name, dataVolumes: [] }) : existing.planned;
  return { terraform, ...acted, lostVolumes: lost, config, deployed, file, outdir };
}

/** What is deployed can be destroyed when the file that declared it is gone. */
function platformFileName(mayBeMissing: boolean): string {
  try {
    return shownFile(platformFile());
  } catch (error) {
    if (!mayBeMissing || !(error instanceof ConfigError)) throw error;
    return "platform.yaml";
  }
}

/** To destroy, Terraform asks the stack for its state and provider only. */
function synthesizeAnyhow(options: SynthesisOptions, done: (result: string) => void): Synthesis {
  try {
    return synthesize(process.env, options);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    done("it has errors; what the state says is destroyed all the same");
    return synthesize(process.env, { ...options, config: defaultPlatform() });
  }
}

import { join } from "node:path";
import { App } from "cdktf";
import { loadPlatform, type PlatformConfig, PlatformStack } from "../constructs";
import { type PlatformFileOptions, platformFile } from "../constructs/config/platform-file";
import { sluiceHome } from "./sluice-home";

/** What a synth produced. */
export interface Synthesis {
  readonly config: PlatformConfig;
  /** Folder that holds `stacks/platform/cdk.tf.json`. */
  readonly outdir: string;
  /** Names of the volumes that hold data. */
  readonly dataVolumes: readonly string[];
}

/**
 * platform.yaml → Terraform JSON. Needs no network, Docker, Terraform or secret.
 * @param mayUseExample whether the example is synthesized where there is no platform.yaml
 * @throws ConfigError when the configuration is wrong, Error when a construct breaks a rule.
 */
export function synthesize(
  env: NodeJS.ProcessEnv = process.env,
  { mayUseExample = false }: Pick<PlatformFileOptions, "mayUseExample"> = {},
): Synthesis {
  const config = loadPlatform(platformFile({ env, mayUseExample }), { env });
  // Without stack traces, which hold absolute paths, two checkouts synthesize the same bytes.
  const app = new App({ stackTraces: false });
  const stack = new PlatformStack(app, { config, stateFolder: join(sluiceHome(env), "state") });
  app.synth();
  return { config, outdir: app.outdir, dataVolumes: stack.dataVolumes };
}

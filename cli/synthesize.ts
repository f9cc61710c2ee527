import { AnnotationMetadataEntryType, App } from "cdktf";
import type { IConstruct } from "constructs";
import { loadPlatform, type PlatformConfig, PlatformStack } from "../constructs";
import { type PlatformFileOptions, platformFile } from "../constructs/config/platform-file";
import { sluiceHome, stateFolder } from "./sluice-home";
import { claimStackFolder, outputFolder } from "./stack-folder";

/** What a synth produced. */
export interface Synthesis {
  readonly config: PlatformConfig;
  /** Folder that holds `stacks/platform/cdk.tf.json`. */
  readonly outdir: string;
  /** Names of the volumes that hold data. */
  readonly dataVolumes: readonly string[];
}

/** What is synthesized. */
export interface SynthesisOptions extends Pick<PlatformFileOptions, "mayUseExample"> {
  /** @default - what platform.yaml says */
  readonly config?: PlatformConfig;
}

/**
 * platform.yaml → Terraform JSON, in the home's output folder. Needs no network, Docker, Terraform or secret.
 * @throws ConfigError when the configuration is wrong, Error when a construct breaks a rule.
 */
export function synthesize(
  env: NodeJS.ProcessEnv = process.env,
  {
    mayUseExample = false,
    config = loadPlatform(platformFile({ env, mayUseExample })),
  }: SynthesisOptions = {},
): Synthesis {
  const home = sluiceHome(env);
  const outdir = outputFolder(env);
  claimStackFolder(outdir, home);
  // Without stack traces, which hold absolute paths, two checkouts synthesize the same bytes.
  const app = new App({ stackTraces: false, outdir });
  const stack = new PlatformStack(app, { config, stateFolder: stateFolder(home) });
  app.synth();
  for (const warning of warningsBelow(stack)) console.warn(`Warning: ${warning}`);
  return { config, outdir, dataVolumes: stack.dataVolumes };
}

/** What constructs have to say although nothing is wrong; the cdktf command line shows it, `synth` itself does not. */
function warningsBelow(scope: IConstruct): string[] {
  return scope.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
    .map(({ data }) => String(data));
}

import { rmSync } from "node:fs";
import { AnnotationMetadataEntryType, App } from "cdktf";
import type { IConstruct } from "constructs";
import {
  CoderStack,
  loadPlatform,
  type PlatformConfig,
  PlatformStack,
  synthesizeWorkspaceTemplate,
} from "../constructs";
import { type PlatformFileOptions, platformFile } from "../constructs/config/platform-file";
import { CODER_STACK } from "../constructs/stack-id";
import { sluiceHome, stateFolder } from "./sluice-home";
import { claimStackFolder, outputFolder, stackFolder } from "./stack-folder";

/** What a synth produced. */
export interface Synthesis {
  readonly config: PlatformConfig;
  /** Folder that holds `stacks/platform/cdk.tf.json`; with Coder also `stacks/coder/cdk.tf.json` and `template`. */
  readonly outdir: string;
  /** Names of the volumes that hold data. */
  readonly dataVolumes: readonly string[];
}

/** What is synthesized. */
export interface SynthesisOptions extends Pick<PlatformFileOptions, "mayUseExample"> {
  /** @default - what platform.yaml says */
  readonly config?: PlatformConfig;
  /** Whether Coder has something of the home: its stack is made empty then where platform.yaml has none, for the removal. @default false */
  readonly isCoderDeployed?: boolean;
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
    isCoderDeployed = false,
  }: SynthesisOptions = {},
): Synthesis {
  const home = sluiceHome(env);
  const outdir = outputFolder(env);
  claimStackFolder(outdir, home);
  // Without stack traces, which hold absolute paths, two checkouts synthesize the same bytes.
  const app = new App({ stackTraces: false, outdir });
  const states = stateFolder(home);
  const stack = new PlatformStack(app, { config, stateFolder: states });
  if (config.coder.enabled || isCoderDeployed) {
    claimStackFolder(outdir, home, CODER_STACK);
    const { workspaceImage: image } = stack;
    const template =
      image === undefined ? undefined : { image, files: synthesizeWorkspaceTemplate(outdir, config) };
    new CoderStack(app, { config, stateFolder: states, template }).addDependency(stack);
  } else {
    // What a former synth left is no stack of this platform.
    rmSync(stackFolder(outdir, CODER_STACK), { recursive: true, force: true });
  }
  app.synth();
  for (const warning of warningsBelow(app)) console.warn(`Warning: ${warning}`);
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

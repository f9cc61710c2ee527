import { join } from "node:path";
import { AnnotationMetadataEntryType, App } from "cdktf";
import type { IConstruct } from "constructs";
import { loadPlatform, type PlatformConfig, PlatformStack } from "../constructs";
import { platformFile } from "../constructs/config/platform-file";
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
 * @throws ConfigError when the configuration is wrong, Error when a construct breaks a rule.
 */
export function synthesize(env: NodeJS.ProcessEnv = process.env): Synthesis {
  const config = loadPlatform(platformFile(env), { env });
  // Without stack traces, which hold absolute paths, two checkouts synthesize the same bytes.
  const app = new App({ stackTraces: false });
  const stack = new PlatformStack(app, { config, stateFolder: join(sluiceHome(env), "state") });
  app.synth();
  for (const warning of warningsBelow(stack)) console.warn(`Warning: ${warning}`);
  return { config, outdir: app.outdir, dataVolumes: stack.dataVolumes };
}

/** What constructs have to say although nothing is wrong; the cdktf command line shows it, `synth` itself does not. */
function warningsBelow(scope: IConstruct): string[] {
  return scope.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
    .map(({ data }) => String(data));
}

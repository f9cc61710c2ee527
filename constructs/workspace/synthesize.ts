import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "cdktf";
import { modelAliases } from "../config/model-aliases";
import type { PlatformConfig } from "../config/schema";
import { internalUrl } from "../service-definition";
import { CODER } from "../services/coder";
import { KEY_PROVISIONER } from "../services/key-provisioner";
import { workspaceForm } from "./form";
import { offeredModels, titleOf } from "./model-options";
import type { FormConfig } from "./parameter";
import { renderParameters } from "./parameters-file";
import { renderReadme } from "./readme";
import { WorkspaceTemplateStack } from "./template-stack";
import type { TemplateVariable } from "./template-variables";

/** What the coderd provider and Coder's command line take at most, as a tar. */
const MAX_BYTES = 1024 * 1024;

/** The parts of platform.yaml that the template is made of. */
export type TemplateConfig = FormConfig &
  Pick<PlatformConfig, "name" | "retention"> & {
    readonly coder?: Pick<PlatformConfig["coder"], "wildcardHost">;
  };

/** A folder with the template, and the values of its variables. */
export interface SynthesizedTemplate {
  readonly directory: string;
  /** All that platform.yaml decides. `workspace_image` has to be added, and `ca_certificate` where there is one. */
  readonly variables: Readonly<
    Record<Exclude<TemplateVariable, "workspace_image" | "ca_certificate">, string>
  >;
}

/**
 * platform.yaml → the workspace template of Coder, in `<outdir>/template`, which is replaced. The same configuration gives the same bytes.
 * @throws Error when it is larger than Coder takes
 */
export function synthesizeWorkspaceTemplate(outdir: string, config: TemplateConfig): SynthesizedTemplate {
  const form = workspaceForm(config);
  const files = {
    "README.md": renderReadme(form),
    "cdk.tf.json": synthesizeStack(config),
    "parameters.tf": renderParameters(form),
  };
  refuseLarge(files);
  const directory = join(outdir, "template");
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  return {
    directory,
    variables: {
      network: `${config.name}-workspaces`,
      platform: config.name,
      coder_internal_url: internalUrl(CODER),
      key_provisioner_url: internalUrl(KEY_PROVISIONER),
    },
  };
}

/** By an app of its own: the template is no stack of the platform, and must not be deployed as one. */
function synthesizeStack(config: TemplateConfig): string {
  const models = offeredModels(config);
  const outdir = mkdtempSync(join(tmpdir(), "template-"));
  try {
    const app = new App({ stackTraces: false, outdir });
    new WorkspaceTemplateStack(app, "workspace", {
      models: models.map((name) => ({ name, displayName: titleOf(name) })),
      modelAliases: modelAliases(models),
      hasWildcard: config.coder?.wildcardHost !== undefined,
      logs: { megabytes: config.retention.logMegabytes, files: config.retention.logFiles },
    });
    app.synth();
    const json = JSON.parse(readFileSync(join(outdir, "stacks/workspace/cdk.tf.json"), "utf8"));
    return `${JSON.stringify(json, withoutComments, 2)}\n`;
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** CDKTF notes paths of constructs under `//`, which say nothing to who reads the template in Coder. */
function withoutComments(key: string, value: unknown): unknown {
  return key === "//" ? undefined : value;
}

function refuseLarge(files: Readonly<Record<string, string>>): void {
  // A tar has a header of 512 bytes for each entry, contents in blocks of 512, and two blocks at its end.
  const blocks = Object.values(files).map((text) => 1 + Math.ceil(Buffer.byteLength(text) / 512));
  const bytes = 512 * (blocks.reduce((sum, count) => sum + count, 0) + 3);
  if (bytes <= MAX_BYTES) return;
  throw new Error(
    `the workspace template has ${bytes} bytes as a tar; allowed: ${MAX_BYTES}; remedy: offer fewer models in workspaces.models`,
  );
}

import { App, Testing } from "cdktf";
import { type PlatformConfig, PlatformStack, parsePlatform } from "../../constructs";

/** A configuration made of `yaml` below the version line; every default without it. */
export function platformConfig(yaml = ""): PlatformConfig {
  return parsePlatform(`apiVersion: sluice/v1\n${yaml}`, "platform.yaml");
}

/** A resource of the synthesized JSON. */
export interface SynthesizedResource {
  readonly "//": { readonly metadata: { readonly path: string } };
  readonly [attribute: string]: unknown;
}

/** The parts of the synthesized JSON that tests look at. */
export interface SynthesizedStack {
  readonly terraform: Record<string, Record<string, unknown>>;
  readonly variable: Record<string, Record<string, unknown>>;
  readonly output: Record<string, { value: unknown }>;
  readonly resource: Record<string, Record<string, SynthesizedResource>>;
}

/** The stack as Terraform gets it; aspects and validations have run. */
export function synthesizePlatform(yaml = ""): SynthesizedStack {
  return synthesizeConfig(platformConfig(yaml));
}

/** The same of a whole configuration. */
export function synthesizeConfig(config: PlatformConfig): SynthesizedStack {
  const stack = new PlatformStack(Testing.stubVersion(new App({ stackTraces: false })), { config });
  Testing.synth(stack, true);
  return stack.toTerraform() as SynthesizedStack;
}

/**
 * The resource of one construct.
 * @param path construct path below the stack, such as `sluice/postgres/server`
 */
export function resourceAt(stack: SynthesizedStack, type: string, path: string): SynthesizedResource {
  const found = Object.values(stack.resource[type] ?? {}).find(
    (resource) => resource["//"].metadata.path === `platform/${path}/Resource`,
  );
  if (found === undefined) throw new Error(`no ${type} at ${path}`);
  return found;
}

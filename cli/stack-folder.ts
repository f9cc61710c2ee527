import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { z } from "zod";
import { CODER_STACK, PLATFORM_STACK } from "../constructs/stack-id";
import { PROJECT_ROOT, sluiceHome, stateFile } from "./sluice-home";

/** The folder that Terraform runs in for a stack, below an output folder. */
export function stackFolder(outdir: string, stack: string = PLATFORM_STACK): string {
  return join(outdir, "stacks", stack);
}

/**
 * Where the stacks of a home are synthesized to. Each home has an output folder of its own, since what Terraform keeps
 * there (the state that it works on, its last plan) belongs to one platform: `cdktf.out` in the project for the home
 * `.sluice`, `<home>/cdktf.out` for every other. The one that the CDKTF CLI names (CDKTF_OUTDIR) counts unless it is
 * another home's.
 */
export function outputFolder(env: NodeJS.ProcessEnv = process.env): string {
  const home = sluiceHome(env);
  const projects = join(PROJECT_ROOT, "cdktf.out");
  const own = home === sluiceHome({}) ? projects : join(home, "cdktf.out");
  const asked = env["CDKTF_OUTDIR"];
  if (!asked) return own;
  const named = resolve(PROJECT_ROOT, asked);
  const isAnothers = named === projects || [undefined, stateFile(home)].indexOf(stateOf(named)) === -1;
  return named !== own && isAnothers ? own : named;
}

/**
 * Gets the folder of a stack ready for a synth: closed to others, since the CDKTF CLI leaves plans in it, without such a
 * plan, and without what Terraform remembers of another home's state, which it would offer to copy into this one's.
 */
export function claimStackFolder(outdir: string, home: string, stack: string = PLATFORM_STACK): void {
  const folder = stackFolder(outdir, stack);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const memory = join(folder, ".terraform/terraform.tfstate");
  const remembered = readJson(
    memory,
    z.object({ backend: z.object({ config: z.object({ path: z.string() }) }) }),
  );
  if (
    remembered !== undefined &&
    resolve(folder, remembered.backend.config.path) !== stateFile(home, stack)
  ) {
    rmSync(memory, { force: true });
  }
}

/** Removes the plans that `cdktf diff` leaves: they hold secrets in the clear. */
export function removeCdktfPlans(outdir: string): void {
  for (const stack of [PLATFORM_STACK, CODER_STACK])
    rmSync(join(stackFolder(outdir, stack), "plan"), { force: true });
}

/**
 * Leads the CDKTF CLI, which looks into the folder that it named, to the one that the stack is in, and gives it warnings to
 * show. Nothing but its manifest is written there, so another home's stack in it stays as it is.
 */
export function leadCdktfTo(
  outdir: string,
  warnings: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): void {
  const asked = env["CDKTF_OUTDIR"];
  if (!asked) return;
  const named = resolve(PROJECT_ROOT, asked);
  const manifest = JSON.parse(readFileSync(join(outdir, "manifest.json"), "utf8")) as Manifest;
  for (const [name, stack] of Object.entries(manifest.stacks)) {
    for (const key of PATHS) stack[key] = relative(named, join(outdir, stack[key]));
    if (name !== PLATFORM_STACK) continue;
    stack.annotations.push(
      ...warnings.map((message) => ({
        constructPath: PLATFORM_STACK,
        level: "@cdktf/warn",
        message,
      })),
    );
  }
  mkdirSync(named, { recursive: true, mode: 0o700 });
  writeFileSync(join(named, "manifest.json"), JSON.stringify(manifest, null, 2));
}

/** Of a stack in the manifest, relative to the folder that the manifest is in. */
const PATHS = ["workingDirectory", "synthesizedStackPath", "stackMetadataPath"] as const;

interface Manifest {
  readonly stacks: Record<
    string,
    Record<(typeof PATHS)[number], string> & { readonly annotations: object[] }
  >;
}

/** The state file that the stack in an output folder works on; undefined when there is no stack in it. */
function stateOf(outdir: string): string | undefined {
  const Stack = z.object({
    terraform: z.object({ backend: z.object({ local: z.object({ path: z.string() }) }) }),
  });
  const stack = readJson(join(stackFolder(outdir), "cdk.tf.json"), Stack);
  return stack && resolve(stackFolder(outdir), stack.terraform.backend.local.path);
}

function readJson<T>(file: string, shape: z.ZodType<T>): T | undefined {
  try {
    return shape.safeParse(JSON.parse(readFileSync(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

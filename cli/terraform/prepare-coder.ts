import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { HOST_FACTS } from "../../constructs/host-fact";
import { CODER_STACK } from "../../constructs/stack-id";
import { coderVariablesFile } from "../coder/coder-tokens";
import { declaredVariables, linkVariables } from "../secrets/link-secrets";
import { stackFolder } from "../stack-folder";
import type { Progress } from "../terminal/progress";
import { hostFactsFile } from "./provide-host-facts";
import { Terraform } from "./terraform";
import { findTerraform } from "./terraform-binary";

/** What a stack `coder` is made ready for. */
export interface CoderPreparation {
  readonly home: string;
  /** Output folder with the stacks. */
  readonly outdir: string;
  /** Values of variables that the home's file does not give. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** Makes the stack `coder` ready for `plan`. Coder must be there, and be set up. */
export async function prepareCoderStack(
  progress: Progress,
  { home, outdir, variables }: CoderPreparation,
): Promise<Terraform> {
  const folder = stackFolder(outdir, CODER_STACK);
  linkVariables(folder, coderVariablesFile(home));
  shareHostFacts(outdir);
  const terraform = new Terraform(findTerraform(), folder, variables);
  await progress.step("Preparing the coderd provider", () => terraform.init());
  return terraform;
}

/**
 * Gives the stack `coder` the facts of this host that it declares, as the stack `platform` has them. Where that has none, for a
 * removal, the values do not matter.
 */
export function shareHostFacts(outdir: string): void {
  const known = readFacts(hostFactsFile(outdir));
  const declared = [...declaredVariables(outdir, CODER_STACK)].filter((name) => name in HOST_FACTS);
  const facts = Object.fromEntries(declared.map((name) => [name, known[name] ?? ""]));
  writeFileSync(hostFactsFile(outdir, CODER_STACK), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
}

function readFacts(file: string): Record<string, string> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, string>) : {};
}

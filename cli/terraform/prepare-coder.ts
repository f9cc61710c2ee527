import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { PlatformConfig } from "../../constructs/config/schema";
import { HOST_FACTS } from "../../constructs/host-fact";
import { CODER_STACK } from "../../constructs/stack-id";
import { coderVariablesFile } from "../coder/coder-tokens";
import { declaredVariables, linkVariables } from "../secrets/link-secrets";
import { stackFolder } from "../stack-folder";
import type { Progress } from "../terminal/progress";
import { type DeployedPlatform, readState } from "./state";
import { Terraform } from "./terraform";
import { hostFactsFile } from "./provide-host-facts";
import { findTerraform } from "./terraform-binary";

/** Whether the home's state has something in Coder. */
export function isCoderDeployed(home: string): boolean {
  return (readState(home, CODER_STACK)?.resources.length ?? 0) > 0;
}

/** Login names of the users that the stack `coder` has made. */
export function deployedUsers(home: string): string[] {
  return resourcesOf(home, "coderd_user").map(({ username }) => String(username));
}

/** The template as the stack `coder` has it; undefined before it is made. */
export function deployedTemplate(
  home: string,
): { readonly name: string; readonly version: string } | undefined {
  const [template] = resourcesOf(home, "coderd_template");
  if (template === undefined) return undefined;
  const versions = Array.isArray(template["versions"]) ? template["versions"] : [];
  const active = versions.find(({ active }) => active === true) as { readonly name?: string } | undefined;
  return { name: String(template["name"]), version: active?.name ?? "" };
}

function resourcesOf(home: string, type: string): DeployedPlatform["resources"][number]["attributes"][] {
  return (readState(home, CODER_STACK)?.resources ?? [])
    .filter((resource) => resource.type === type)
    .map(({ attributes }) => attributes);
}

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

/** What the stack `coder` will hold, for a person who sees its plan later. */
export function describeCoderStack({ coder: { users } }: PlatformConfig): string {
  const names = users.map(({ username }) => username);
  return names.length === 0
    ? "the workspace template"
    : `the workspace template and users (${names.join(", ")})`;
}

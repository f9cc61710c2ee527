import type { PlatformConfig } from "../../constructs/config/schema";
import { CODER_STACK } from "../../constructs/stack-id";
import { type DeployedPlatform, readState } from "./state";

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

/** Said of a plan of the stack `coder` that changes nothing. */
export const CODER_UNCHANGED = "No changes: template and users are as declared.";

/** What the stack `coder` will hold, for a person who sees its plan later. */
export function describeCoderStack({ coder: { users } }: PlatformConfig): string {
  const names = users.map(({ username }) => username);
  return names.length === 0
    ? "the workspace template"
    : `the workspace template and users (${names.join(", ")})`;
}

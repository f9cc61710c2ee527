import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlatform } from "../../constructs";
import { workspaceForm } from "../../constructs/workspace/form";
import type { Parameter } from "../../constructs/workspace/parameter";
import { platformConfig } from "../support/platform-fixture";
import { PROJECT } from "../support/source-files";

const page = readFileSync(join(PROJECT, "docs/workspaces.md"), "utf8");
const form = workspaceForm(platformConfig());

/** Texts that are described in words there, not by their regular expression. */
const IN_WORDS: Readonly<Record<string, string>> = {
  ai_gateway_url: "an http or https address",
  repository: "an address of a git repository",
  dotfiles: "an address of a git repository",
};

function allowed({ name, input }: Parameter): string {
  if (input.kind === "dropdown") return input.options.map(({ value }) => `\`${value}\``).join(", ");
  if (input.kind === "slider") return `${input.min} to ${input.max}`;
  return IN_WORDS[name] ?? `\`${input.regex}\``;
}

describe("docs/workspaces.md", () => {
  it.each(form.parameters.map((one) => [one.name, one] as const))("has the row of %s", (name, one) => {
    const first = one.default === "" ? "empty" : `\`${one.default}\``;
    expect(page).toContain(`| ${one.displayName} | \`${name}\` | ${first} | ${allowed(one)} |`);
  });

  it("has no other rows, and the presets", () => {
    const rows = [...page.matchAll(/^\| [^|]+ \| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(form.parameters.map(({ name }) => name));
    const presets = [...page.matchAll(/^\| ([\w-]+) \| [^|]+ \|$/gm)].map(([, name]) => name);
    expect(presets).toEqual(["preset", ...form.presets.map(({ name }) => name)]);
  });

  it("has an example that is a valid platform", () => {
    const [, yaml = ""] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
    expect(parsePlatform(yaml).workspaces).toMatchObject({ cpus: { max: 8 }, autostopHours: 8 });
  });
});

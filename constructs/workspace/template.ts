import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkspaceTemplate } from "../coder-stack";

/** Minimal until the template lands. */
export function synthesizeWorkspaceTemplate(outdir: string): WorkspaceTemplate {
  const directory = join(outdir, "template");
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "main.tf"),
    'terraform {\n  required_providers {\n    coder = { source = "coder/coder" }\n  }\n}\n',
  );
  return { directory, variables: {} };
}

import type { WorkspaceForm } from "./parameter";

/** README.md of the template: what Coder shows to developers who are about to make a workspace. */
export function renderReadme(form: WorkspaceForm): string {
  const rows = form.parameters.map(
    ({ name, displayName, description }) => `| ${displayName} | \`${name}\` | ${cell(description)} |`,
  );
  const presets = form.presets.map(({ name, description }) => `* **${name}**: ${description}`);
  return `# AI workspace

An IDE in the browser, a terminal, and AI assistants that work at once: the workspace gets a key of its own for the
organisation's AI gateway. There is nothing to sign up for and nothing to paste.

## Start

1. Choose a preset, or fill in the form below.
2. Create the workspace. Its page shows when it is ready; the first start takes a little longer.
3. Open **IDE**. With OpenCode or Claude Code there is a button for each as well, which opens it in a terminal.

${presets.join("\n")}

## What you can choose

All of it can be changed later, under *Settings → Parameters* of the workspace.

| | name for scripts | |
|---|---|---|
${rows.join("\n")}

## What stays

Your home, \`/home/coder\`, stays until the workspace is deleted. Everything else is made anew at each start, so that updates of the
platform reach you: install what you need for a project in its folder, and your own settings by way of dotfiles.

## Key, budget and rules

The page of the workspace shows what is left of its budget, its enforcement level and whether the gateway can be reached. Requests
are recorded with your name, time, model, tokens and cost, never with their content. The rules of the enforcement level are added by
the gateway, whichever program asks.

## If something does not work

* The workspace's page shows the log of the start: it says what failed and what to do. A restart tries again.
* \`workspace-start\` in a terminal does the same without a restart.
* A blank IDE usually means that your browser does not trust the platform's certificate: ask an administrator how to install it.
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/**
 * What assistants are told about an enforcement level, so that they plan with it. The gateway enforces the level whatever a client says;
 * its own text is in `prompts/` and is not repeated here, since it comes with each request anyway.
 * @returns Markdown; empty where nothing is enforced
 */
export function instructionsFor(level: string): string {
  if (level === "unrestricted") return "";
  return BY_LEVEL.get(level) ?? own(level);
}

const BY_LEVEL: ReadonlyMap<string, string> = new Map(
  Object.entries({
    standard: `This workspace works at the enforcement level "standard".
Read the code that a change touches before changing it, say in a sentence or two what you are going to do and why, make the smallest change that solves the whole problem, and check it.
`,
    "design-first": `This workspace works at the enforcement level "design-first".
Answer a request for a change with a design first: goal, approach, files to change, alternatives, risks. No code, no edits and no commands that change anything before the person has agreed to it.
Reading and searching is allowed at any time.
`,
  }),
);

function own(level: string): string {
  return `This workspace works at the enforcement level "${level}". Follow the rules that come first in each request.\n`;
}

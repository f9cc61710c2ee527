import type { ChangeSummary } from "../plan/change-summary";
import { sentence, total } from "../plan/format-changes";

/** By this line the workflow finds its own comment. */
export const COMMENT_MARKER = "<!-- sluice review -->";

/** GitHub takes 65,536 characters; the rest is for what stands around the lines. In bytes. */
const MAX_BYTES = 50_000;

/** The label that lets a change pass that would lose data; `--accept-data-loss` is the same on the command line. */
export const ACCEPT_LABEL = "accept-data-loss";

/** A review as a comment on a pull request. */
export function reviewAsMarkdown(summary: ChangeSummary, isAccepted: boolean): string {
  const { changes, risks } = summary;
  const lines = [COMMENT_MARKER];
  if (risks.length > 0) {
    lines.push(
      isAccepted ? "### Data would be lost; it was accepted" : "### ⛔ Data would be lost",
      "",
      ...risks.map(
        ({ service, text, remedy }) =>
          `- **${escaped(service)}**: ${escaped(text)}  \n  → ${escaped(remedy)}`,
      ),
      "",
      ...(isAccepted ? [] : [`If that is meant: add the label \`${ACCEPT_LABEL}\`.`, ""]),
    );
  }
  if (changes.length === 0) {
    return [
      ...lines,
      "The platform stays as it is: this pull request changes nothing that is deployed.",
    ].join("\n");
  }
  lines.push(`### What this pull request changes in the platform`, "");
  const bullets = changes.map((change) => {
    const [first = "", ...rest] = sentence(change);
    return [
      `- **${escaped(change.service)}**: ${escaped(first)}`,
      ...rest.map((text) => `  - ${escaped(text)}`),
    ].join("\n");
  });
  return [
    ...lines,
    ...bounded(bullets),
    "",
    `${escaped(total(summary))}. Compared with the base of the pull request, as both declare it; \`npm run diff\` compares with what runs.`,
  ].join("\n");
}

/** A comparison that could not be made, as a comment. */
export function failureAsMarkdown(problem: string): string {
  const text = Buffer.from(problem).subarray(0, MAX_BYTES).toString("utf8");
  const fence = "`".repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [COMMENT_MARKER, "### ⛔ What this changes could not be told", "", fence, text, fence].join("\n");
}

function bounded(bullets: readonly string[]): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const bullet of bullets) {
    bytes += Buffer.byteLength(bullet) + 1;
    if (bytes > MAX_BYTES)
      return [...kept, `- … and ${bullets.length - kept.length} more, in the log of the job`];
    kept.push(bullet);
  }
  return kept;
}

/** Texts come from the pull request: they format nothing, link nothing and call nobody. */
function escaped(text: string): string {
  return text
    .replace(/[&<>@]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/[\\`*_[\]()#|~!]/g, (character) => `\\${character}`);
}

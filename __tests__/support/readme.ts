import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "./source-files";

/** Code blocks of README.md in one language, in order. */
export function readmeBlocks(language: string): string[] {
  const text = readFileSync(join(PROJECT, "README.md"), "utf8");
  return [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)]
    .filter(([, found]) => found === language)
    .map(([, , block]) => block ?? "");
}

/** Commands of README.md: comments dropped, continued lines joined. */
export function readmeCommands(): string[] {
  return readmeBlocks("bash")
    .flatMap((block) => block.replaceAll("\\\n", "").split("\n"))
    .map((line) =>
      line
        .replace(/\s+#.*$/, "")
        .replace(/ {2,}/g, " ")
        .trim(),
    )
    .filter(Boolean);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../source-files";

/** Text of one section of a document, up to the next heading of its level. */
export function section(file: string, heading: string): string {
  const text = readFileSync(join(PROJECT, file), "utf8");
  const [, body] = text.split(new RegExp(`^${heading}$`, "m"));
  if (body === undefined) throw new Error(`${file} has no heading ${heading}`);
  return body.split(/^## /m)[0] ?? "";
}

/** Commands of the bash blocks of a text, as a reader types them: continued lines joined, comments left out. */
export function blockCommands(text: string): string[] {
  return [...text.matchAll(/^```bash\n(.*?)^```$/gms)]
    .flatMap(([, block = ""]) => block.replaceAll(/ ?\\\n\s*/g, " ").split("\n"))
    .map((line) => line.replace(/(?:^|\s+)#.*$/, "").trim())
    .filter(Boolean);
}

/** Commands in the second column of a table; those that begin with `-- ` are added to the one before, as `npm run` wants them. */
export function tableCommands(text: string): string[] {
  return [...text.matchAll(/^\| .+? \| (.*`.+) \|$/gm)].flatMap(([, cell = ""]) => {
    const commands: string[] = [];
    let last = "";
    for (const [, code = ""] of cell.matchAll(/`([^`]+)`/g)) {
      if (/^(?:npm|npx|docker|[A-Z_]+=)/.test(code)) {
        last = code;
        commands.push(code);
      } else if (code.startsWith("-- "))
        commands.push(`${last} ${last.includes(" -- ") ? code.slice(3) : code}`);
    }
    return commands;
  });
}

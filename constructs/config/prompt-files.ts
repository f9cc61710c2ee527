import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SettingFault } from "./describe-issue";
import { BUILT_IN_LEVELS } from "./sections/enforcement";

/** Folder with the rules of every level, one file each. */
export const PROMPTS_FOLDER = resolve(__dirname, "../../prompts");

/** Longer ones are refused by the gateway. */
const MAX_BYTES = 64 * 1024;

interface PromptFile {
  readonly level: string;
  readonly file: string;
  /** Where platform.yaml names the file. */
  readonly path: readonly PropertyKey[];
}

/** The levels of an installation's own. */
type OwnLevels = { readonly levels: readonly { readonly name: string; readonly file: string }[] };

/** Files of the levels that add something to a request. */
function promptFiles({ levels }: OwnLevels): PromptFile[] {
  return [
    ...BUILT_IN_LEVELS.flatMap(({ name, file }) =>
      file === undefined ? [] : [{ level: name, file, path: ["enforcement"] }],
    ),
    ...levels.map(({ name, file }, index) => ({
      level: name,
      file,
      path: ["enforcement", "levels", index, "file"],
    })),
  ];
}

/** Name of a file → its text, for every level that adds something to a request. @throws Error when one is missing */
export function readPromptFiles(
  enforcement: OwnLevels,
  folder = PROMPTS_FOLDER,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    promptFiles(enforcement).map(({ file }) => [file, readFileSync(join(folder, file), "utf8")]),
  );
}

/** Files that the gateway would refuse: its keys of that level would be closed. */
export function findPromptFaults(enforcement: OwnLevels, folder = PROMPTS_FOLDER): SettingFault[] {
  return promptFiles(enforcement).flatMap(({ level, file, path }) => {
    const fault = faultOf(join(folder, file));
    if (fault === undefined) return [];
    const problem = `prompts/${file} ${fault}; without valid rules the gateway refuses every request of level ${level}`;
    return [{ path, problem, remedy: "write the rules into that file" }];
  });
}

function faultOf(path: string): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    return `cannot be read (${(cause as NodeJS.ErrnoException).code ?? "unreadable"})`;
  }
  if (bytes.length > MAX_BYTES) return `has ${bytes.length} bytes, allowed are ${MAX_BYTES}`;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return "is empty";
    return text.includes("\0") ? "is not a text: it has a zero byte" : undefined;
  } catch {
    return "is not valid UTF-8";
  }
}

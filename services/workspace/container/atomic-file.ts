import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** How a file is to be. */
export interface FileModes {
  /** @default 0o644 */
  readonly mode?: number;
  /** Of its folder, also when it is there already. @default - as it is, 0o755 of one that has to be made */
  readonly folderMode?: number;
}

/**
 * Writes a file so that a reader sees the old content or the new one, never a part. What was there before is replaced with its mode, a symbolic link too.
 * @throws Error of the file system
 */
export async function writeAtomically(
  file: string,
  content: string,
  { mode = 0o644, folderMode }: FileModes = {},
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  if (folderMode !== undefined) await chmod(dirname(file), folderMode);
  const partial = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    await writeFile(partial, content, { mode, flag: "wx" });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** The content of a file; undefined when there is none. @throws Error of the file system otherwise */
export async function readIfPresent(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** JSON as people read it. */
export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

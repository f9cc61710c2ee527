import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * SHA-256 over paths, executable bits and contents below `root`, and over `values`, 12 hex digits.
 * The same files give the same hash on every machine: order, owner, times and umask do not count.
 *
 * @param root folder that `inputs` are relative to
 * @param inputs files and folders, with `/`
 * @param values what else counts, by name
 * @throws Error when an input is missing or is neither file nor folder (a symbolic link may point anywhere).
 */
export function contentHash(
  root: string,
  inputs: readonly string[],
  values: Readonly<Record<string, string>> = {},
): string {
  const hash = createHash("sha256");
  for (const path of inputs.flatMap((input) => filesBelow(root, input)).sort()) {
    const file = join(root, path);
    const content = readFileSync(file);
    const executable = (lstatSync(file).mode & 0o100) !== 0;
    hash.update(`${path}\0${executable ? "x" : "-"}\0${content.length}\0`);
    hash.update(content);
  }
  for (const name of Object.keys(values).sort()) hash.update(`${name}=${values[name]}\0`);
  return hash.digest("hex").slice(0, 12);
}

function filesBelow(root: string, path: string): string[] {
  const status = lstatSync(join(root, path), { throwIfNoEntry: false });
  if (status === undefined) throw new Error(`image input ${path} does not exist below ${root}`);
  if (status.isFile()) return [path];
  if (!status.isDirectory()) throw new Error(`image input ${path} is neither a file nor a folder`);
  return readdirSync(join(root, path)).flatMap((name) => filesBelow(root, `${path}/${name}`));
}

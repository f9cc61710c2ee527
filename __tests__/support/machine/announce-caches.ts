import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** What the applied suite keeps from run to run, and what it costs to get, in megabytes. */
const CACHES = [
  {
    name: "toolchain",
    what: "Go, a Terraform core, its providers and a Coder server, built from source",
    megabytes: 1200,
  },
  { name: "clients", what: "OpenCode, Claude Code, Codex and SDKs, from the npm registry", megabytes: 1200 },
] as const;

/** Says, before anything is downloaded, what will be, where it is kept and how to be rid of it. */
export function announceCaches(say = (line: string) => void process.stderr.write(`${line}\n`)): void {
  const folder = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sluice");
  const missing = CACHES.filter(({ name }) => !existsSync(join(folder, name)));
  if (missing.length === 0) return;
  say("The applied suite gets what it has not got yet, once:");
  for (const { name, what, megabytes } of missing)
    say(`  ${join(folder, name)}  about ${megabytes} MB: ${what}`);
  say(`  To be rid of it: rm -rf ${folder}; images of its own: docker image ls 'sluice-*'`);
}

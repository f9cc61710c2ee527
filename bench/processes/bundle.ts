import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import { PROJECT_ROOT } from "../../cli/sluice-home";

/**
 * A program as one file of JavaScript, and its thread as another, made as the gateway's image makes its own: what is measured is what is deployed, and
 * every target is compiled alike. A loader for TypeScript would add work to each function that is made while a request runs.
 * @param source path of the program, from the project's root
 * @returns arguments that run it, and end it when this process dies
 */
export function bundle(source: string, folder: string): string[] {
  const outfile = join(folder, `${source.replaceAll("/", "-")}.js`);
  build(source, outfile);
  const thread = join(dirname(source), "heartbeat.ts");
  if (existsSync(join(PROJECT_ROOT, thread))) build(thread, join(folder, "heartbeat.js"));
  return ["--require", join(PROJECT_ROOT, "cli", "local", "exit-with-parent.cjs"), outfile];
}

function build(source: string, outfile: string): void {
  buildSync({
    entryPoints: [join(PROJECT_ROOT, source)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    external: ["pg-native"],
    logLevel: "warning",
  });
}

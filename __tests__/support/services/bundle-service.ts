import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const ROOT = path.resolve(__dirname, "../../..");

/**
 * A service as one file of JavaScript, made as its image makes it: what is tested is what is deployed, and it starts in a quarter
 * of the time. Made once for each run.
 * @param name folder under `services/`
 * @returns arguments that run it
 */
export function bundleService(name: string): string[] {
  const file = path.join(os.tmpdir(), "bundled-services", `${name}.js`);
  if (!fs.existsSync(file)) {
    // Another worker may make it at the same time: the file is there as a whole or not at all.
    const own = `${file}.${process.pid}`;
    execFileSync(path.join(ROOT, "node_modules/.bin/esbuild"), [
      path.join(ROOT, "services", name, "server.ts"),
      ...["--bundle", "--platform=node", "--target=node20", "--external:pg-native", "--log-level=warning"],
      ...["--sourcemap=inline", `--outfile=${own}`],
    ]);
    fs.renameSync(own, file);
  }
  return ["--enable-source-maps", file];
}

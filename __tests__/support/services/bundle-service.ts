import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const ROOT = path.resolve(__dirname, "../../..");

/**
 * A service as bundled JavaScript, a file for each of its threads, made as its image makes it: what is tested is what is deployed, and it starts in a third
 * of the time. Made once for each run.
 * @param name folder under `services/`
 * @returns arguments that run it
 */
export function bundleService(name: string): string[] {
  const folder = path.join(os.tmpdir(), "bundled-services", name);
  if (!fs.existsSync(folder)) {
    const own = `${folder}.${process.pid}`;
    const programs = ["server.ts", "heartbeat.ts"].map((file) => path.join(ROOT, "services", name, file));
    execFileSync(path.join(ROOT, "node_modules/.bin/esbuild"), [
      ...programs.filter((program) => fs.existsSync(program)),
      ...["--bundle", "--platform=node", "--target=node20", "--external:pg-native", "--log-level=warning"],
      ...["--sourcemap", `--outdir=${own}`],
    ]);
    try {
      fs.renameSync(own, folder);
    } catch (error) {
      // Another worker was faster.
      if (!fs.existsSync(folder)) throw error;
    }
  }
  return ["--enable-source-maps", path.join(folder, "server.js")];
}

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/**
 * The configuration in force: the file named by SLUICE_CONFIG, else `platform.yaml`, else
 * `platform.example.yaml`, all relative to the project.
 */
export function platformFile(
  env: NodeJS.ProcessEnv = process.env,
  project = resolve(__dirname, "../.."),
): string {
  const chosen = env["SLUICE_CONFIG"];
  if (chosen) return resolve(project, chosen);
  const own = join(project, "platform.yaml");
  return existsSync(own) ? own : join(project, "platform.example.yaml");
}

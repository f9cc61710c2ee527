import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writePrivateFile } from "../private-file";
import { openHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";
import type { DeployedPlatform } from "./state";

/**
 * Whose data a home has: name and data volumes of what was last seen deployed. The state forgets both when the
 * platform is destroyed, and the data stays.
 */
const LastDeployed = z.object({
  name: z.string(),
  dataVolumes: z.array(z.string()),
  /** Those of them that did exist. Versions before 0.3 wrote none. */
  usedVolumes: z.array(z.string()).default([]),
});
export type LastDeployed = z.infer<typeof LastDeployed>;

function recordFile(home: string): string {
  return join(home, "last-deployed.json");
}

/**
 * What is deployed from a home or, after a destroy that kept the data, was.
 * @returns undefined when nothing is known, or only things without a name are deployed
 * @throws UserError when the record is damaged
 */
export function lastDeployed(home: string, deployed: DeployedPlatform | undefined): LastDeployed | undefined {
  const recorded = readRecord(home);
  if (deployed?.name === undefined) return recorded;
  // An interrupted apply or destroy has taken containers and outputs, which name the volumes, out of the state already.
  const earlier = recorded?.name === deployed.name ? recorded : undefined;
  const both = (now: readonly string[], before: readonly string[] = []) =>
    [...new Set([...now, ...before])].sort();
  return {
    name: deployed.name,
    dataVolumes: both(deployed.dataVolumes, earlier?.dataVolumes),
    usedVolumes: both(deployed.usedVolumes, earlier?.usedVolumes),
  };
}

/** Writes down what is deployed, for the time after a destroy. Does nothing when nothing is, or it is written down already. */
export function rememberDeployed(home: string, deployed: DeployedPlatform | undefined): void {
  if (deployed?.name === undefined) return;
  const text = `${JSON.stringify(lastDeployed(home, deployed), null, 2)}\n`;
  const file = recordFile(home);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  openHome(home);
  writePrivateFile(file, text);
}

/** After the data is gone. */
export function forgetDeployed(home: string): void {
  rmSync(recordFile(home), { force: true });
}

function readRecord(home: string): LastDeployed | undefined {
  const file = recordFile(home);
  if (!existsSync(file)) return undefined;
  try {
    return LastDeployed.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UserError(
      `${file} is damaged: it should hold the name and the data volumes of what was deployed last`,
      'delete it if "docker volume ls" shows no data volume of this platform, else restore it from your backup',
    );
  }
}

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import type { EngineFacts } from "./engine-facts";
import type { Finding } from "./finding";

/** Terraform providers that the template of workspaces needs. */
const PROVIDERS = ["coder/coder", "kreuzwerker/docker"];

/** What Coder needs of the engine and its machine. A socket that is missing is told before there is a plan (`cli/host`). */
export function checkCoder({ coder }: Pick<PlatformConfig, "coder">, engine: EngineFacts): Finding[] {
  if (!coder.enabled) return [];
  const findings: Finding[] = [];
  if (engine.mapsUsers) {
    findings.push({
      path: "coder.enabled",
      problem: "is true, and the engine maps users (userns-remap): no container has a right to its socket",
      allowed: "true on an engine that does not map users",
      remedy: "take userns-remap out of the engine's configuration, or set it to false",
    });
  }
  const mirror = coder.providerMirror;
  if (mirror === undefined || !engine.isLocal) return findings;
  for (const provider of PROVIDERS) {
    const folder = join(mirror, "registry.terraform.io", provider);
    const platform = `linux_${engine.architecture}`;
    if (hasProvider(folder, platform)) continue;
    findings.push({
      path: "coder.providerMirror",
      problem: `${folder} has no release for ${platform}`,
      allowed: `a folder as "terraform providers mirror" makes it, with ${PROVIDERS.join(" and ")}`,
      remedy: `make it where there is a way to the registry: terraform providers mirror -platform=${platform} ${mirror}`,
    });
  }
  return findings;
}

/** Packed as `terraform-provider-coder_2.17.0_linux_amd64.zip`, or unpacked as `2.17.0/linux_amd64/`. */
function hasProvider(folder: string, platform: string): boolean {
  return entries(folder).some(
    (name) => name.endsWith(`_${platform}.zip`) || entries(join(folder, name, platform)).length > 0,
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not there, or no folder.
    return [];
  }
}

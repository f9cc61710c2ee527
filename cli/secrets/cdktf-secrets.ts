import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";
import { PLATFORM_STACK } from "../../constructs/platform-stack";
import { sluiceHome } from "../sluice-home";
import { ensureSecrets, secretFile } from "./secret-store";

/**
 * Lets plain `cdktf diff|deploy|destroy` find the secrets: a link in the stack's folder that
 * Terraform reads by its name. Only the CDKTF CLI sets CDKTF_OUTDIR, so `npm run synth` and CI
 * neither make secrets nor leave a link to them in their output.
 */
export function ensureSecretsForCdktf(
  outdir: string,
  config: PlatformConfig,
  env: NodeJS.ProcessEnv = process.env,
): void {
  if (!env["CDKTF_OUTDIR"]) return;
  ensureSecrets(sluiceHome(env), credentialNames(config.providers), env);
  linkSecrets(outdir, env);
}

/** Puts the link into the stack's folder below `outdir`, and makes the folder of the state. */
export function linkSecrets(outdir: string, env: NodeJS.ProcessEnv = process.env): void {
  const home = sluiceHome(env);
  mkdirSync(join(home, "state"), { recursive: true, mode: 0o700 });
  const folder = join(outdir, "stacks", PLATFORM_STACK);
  const link = join(folder, "secrets.auto.tfvars.json");
  if (existsSync(link) || lstatSync(link, { throwIfNoEntry: false }) !== undefined) rmSync(link);
  symlinkSync(relative(folder, secretFile(home)), link);
}

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A Terraform-compatible program and the environment in which it finds the docker provider. */
export interface TerraformCore {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Where `tools/toolchain/build.sh` puts what it builds. */
const TOOLCHAIN = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sluice/toolchain");

/**
 * The core for plan tests: the one that TERRAFORM_BINARY_NAME names, the one built by
 * `tools/toolchain/build.sh`, or one on the PATH (which then asks the registry for the provider).
 */
export function findCore(): TerraformCore | undefined {
  const base = { ...process.env, CHECKPOINT_DISABLE: "1", TF_REATTACH_PROVIDERS: undefined };
  const built = join(TOOLCHAIN, "bin/tofu");
  const candidates: TerraformCore[] = [];
  const named = process.env["TERRAFORM_BINARY_NAME"];
  if (named) candidates.push({ command: named, env: base });
  if (existsSync(built)) {
    const env = { ...base, TF_CLI_CONFIG_FILE: join(TOOLCHAIN, "cli.tfrc"), TERRAFORM_BINARY_NAME: built };
    candidates.push({ command: built, env });
  }
  candidates.push({ command: "terraform", env: base }, { command: "tofu", env: base });
  return candidates.find(
    ({ command, env }) => spawnSync(command, ["version"], { env, timeout: 20_000 }).status === 0,
  );
}

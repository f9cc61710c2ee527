import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { DOCKER_PROVIDER_VERSION } from "../../constructs/platform-stack";

/** A Terraform-compatible program and the environment in which it finds the docker provider. */
export interface TerraformCore {
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Where `tools/toolchain/build.sh` puts what it builds. */
const toolchain = (env: NodeJS.ProcessEnv) =>
  join(env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "sluice/toolchain");

/**
 * The core for plan tests: the one that TERRAFORM_BINARY_NAME names, the one built by
 * `tools/toolchain/build.sh`, or one on the PATH, if it can have the provider: it asks the registry for that.
 */
export function findCore(from: NodeJS.ProcessEnv = process.env): TerraformCore | undefined {
  const base: NodeJS.ProcessEnv = {
    ...from,
    CHECKPOINT_DISABLE: "1",
    TF_REATTACH_PROVIDERS: undefined,
    // A core makes ~/.terraform.d at every call. Whose configuration is elsewhere needs no HOME.
    ...(from["TF_CLI_CONFIG_FILE"] ? { HOME: tmpdir() } : {}),
  };
  const built = join(toolchain(from), "bin/tofu");
  const candidates: TerraformCore[] = [];
  const named = from["TERRAFORM_BINARY_NAME"];
  if (named) candidates.push({ command: named, env: base });
  if (existsSync(built)) {
    const env = {
      ...base,
      HOME: tmpdir(),
      TF_CLI_CONFIG_FILE: join(toolchain(from), "cli.tfrc"),
      TERRAFORM_BINARY_NAME: built,
    };
    candidates.push({ command: built, env });
  }
  const runs = ({ command, env }: TerraformCore) =>
    spawnSync(command, ["version"], { env, timeout: 20_000 }).status === 0;
  const onPath = ["terraform", "tofu"].map((command) => ({ command, env: base }));
  return candidates.find(runs) ?? onPath.find((core) => runs(core) && canHaveProvider(core));
}

const PROVIDER = {
  terraform: {
    required_providers: { docker: { source: "kreuzwerker/docker", version: DOCKER_PROVIDER_VERSION } },
  },
};

function canHaveProvider({ command, env }: TerraformCore): boolean {
  const folder = mkdtempSync(join(tmpdir(), "provider-"));
  writeFileSync(join(folder, "main.tf.json"), JSON.stringify(PROVIDER));
  const { status } = spawnSync(command, ["init", "-input=false"], { cwd: folder, env, timeout: 60_000 });
  rmSync(folder, { recursive: true, force: true });
  return status === 0;
}

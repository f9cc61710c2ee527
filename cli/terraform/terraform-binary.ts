import { execFileSync } from "node:child_process";
import { UserError } from "../terminal/user-error";

/** Oldest Terraform (and OpenTofu) that the platform is known to work with. */
const MINIMUM = [1, 11] as const;

/** A Terraform-compatible program. */
export interface TerraformBinary {
  /** Name or path. */
  readonly command: string;
  /** Such as `1.11.4`. */
  readonly version: string;
}

/**
 * The program named by TERRAFORM_BINARY_NAME (as for cdktf), else `terraform`, else `tofu`.
 * @throws UserError when there is none, or only one that is too old.
 */
export function findTerraform(env: NodeJS.ProcessEnv = process.env): TerraformBinary {
  const named = env["TERRAFORM_BINARY_NAME"];
  const candidates = named ? [named] : ["terraform", "tofu"];
  for (const command of candidates) {
    const version = versionOf(command, env);
    if (version === undefined) continue;
    if (!isRecent(version)) {
      throw new UserError(
        `${command} is version ${version}, but ${MINIMUM.join(".")} or newer is needed`,
        "update it, or set TERRAFORM_BINARY_NAME to a newer terraform or tofu",
      );
    }
    return { command, version };
  }
  throw new UserError(
    `found neither of: ${candidates.join(", ")}`,
    "install Terraform (developer.hashicorp.com/terraform/install) or OpenTofu (opentofu.org/docs/intro/install), or set TERRAFORM_BINARY_NAME to its path",
  );
}

function versionOf(command: string, env: NodeJS.ProcessEnv): string | undefined {
  try {
    const output = execFileSync(command, ["version", "-json"], {
      env: { ...env, CHECKPOINT_DISABLE: "1" },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 20_000,
    });
    const { terraform_version: version } = JSON.parse(output) as { terraform_version?: string };
    return version;
  } catch {
    return undefined;
  }
}

function isRecent(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

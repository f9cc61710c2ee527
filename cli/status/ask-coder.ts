import { ConfigError } from "../../constructs/config/config-error";
import { loadPlatform } from "../../constructs/config/load";
import { platformFile } from "../../constructs/config/platform-file";
import { coderUrl } from "../../constructs/local-url";
import { isBootstrapped } from "../coder/bootstrap";
import { CoderClient } from "../coder/coder-client";
import { UserError } from "../terminal/user-error";
import { deployedTemplate, deployedUsers } from "../terraform/coder-state";
import type { CoderStatus, Problem } from "./platform-status";

/**
 * What the platform keeps in Coder, as the state has it, and whether Coder is set up. Coder is asked from this host, as the next deploy
 * will. Never fails: what went wrong is in `fault`.
 */
export async function askCoder(home: string): Promise<CoderStatus> {
  let kept: Pick<CoderStatus, "template" | "users"> = { template: null, users: [] };
  try {
    kept = { template: deployedTemplate(home) ?? null, users: deployedUsers(home) };
    const url = coderUrl(loadPlatform(platformFile()));
    const [version, bootstrapped] = await Promise.all([
      new CoderClient(url).version(),
      isBootstrapped(url, home),
    ]);
    return { ...kept, version, bootstrapped, fault: null };
  } catch (error) {
    if (!(error instanceof UserError || error instanceof ConfigError)) throw error;
    const fault = error instanceof UserError ? error.problem : error.message;
    return { ...kept, version: null, bootstrapped: null, fault };
  }
}

/** @param coder `undefined` when its container does not run, which is a problem of its own */
export function coderProblems(coder: CoderStatus | undefined): Problem[] {
  if (coder === undefined) return [];
  const { fault, bootstrapped, template } = coder;
  if (fault !== null)
    return [{ what: `Coder cannot be asked: ${fault}`, remedy: "npm run sluice -- logs coder" }];
  return [
    ...(bootstrapped === false
      ? [
          {
            what: "Coder is not set up for the platform: its token is missing or not valid",
            remedy: "npm run sluice -- coder bootstrap",
          },
        ]
      : []),
    ...(template === null
      ? [
          {
            what: "Coder has no workspace template: the stack coder is not deployed",
            remedy: "npm run deploy",
          },
        ]
      : []),
  ];
}

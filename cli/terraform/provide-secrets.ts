import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";
import { declaredVariables, linkSecrets, unlinkSecrets } from "../secrets/link-secrets";
import { ensureSecrets, missingSecrets, newCredentials, readSecrets } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import { type ExistingPlatform, refuseNewSecrets } from "./refuse-new-secrets";

/** For whom secrets are provided. */
export interface SecretsOf {
  readonly existing: ExistingPlatform;
  readonly config: PlatformConfig;
  /** Output folder with the stack. */
  readonly outdir: string;
}

/**
 * Lets Terraform find the values of all secrets: the stored ones through a link in the stack's folder, others through
 * variables. Only `change` stores anything.
 * @param done told what was made or taken, or stands in for what is missing
 * @returns values of Terraform variables that the link does not give
 * @throws UserError when secrets are lost (`refuseNewSecrets`)
 */
export async function provideSecrets(
  purpose: "read" | "change" | "destroy",
  { existing, config, outdir }: SecretsOf,
  done: (result: string) => void,
): Promise<Record<string, string>> {
  const { home } = existing;
  const credentials = credentialNames(config.providers);
  const stored = readSecrets(home);
  const missing = missingSecrets(stored);
  const isFileLost = Object.keys(stored).length === 0;
  if (purpose !== "destroy") {
    const unknown = await refuseNewSecrets(missing, isFileLost, existing);
    if (unknown !== undefined && purpose === "change") {
      throw new UserError(
        `secrets are missing, and the engine cannot be asked whether data is there that they belong to (${unknown})`,
        "make them anyway, if this platform has never been deployed: npm run sluice -- init",
      );
    }
  }
  if (purpose === "change") {
    const { generated, taken } = ensureSecrets(home, credentials);
    const values = readSecrets(home);
    const isApart = hasUndeclared(values, outdir);
    if (isApart) unlinkSecrets(outdir);
    else linkSecrets(outdir, home);
    done(
      [
        ...generated.map((name) => `${name} made`),
        ...taken.map((name) => `${name} taken from the environment`),
      ].join(", ") || "all there",
    );
    return isApart ? values : {};
  }

  const placeholders = Object.fromEntries(missing.map((name) => [name, "placeholder-until-deploy-makes-it"]));
  const taken = purpose === "read" ? newCredentials(stored, credentials) : [];
  const values: Record<string, string> = {
    ...stored,
    ...placeholders,
    ...Object.fromEntries(taken.map(({ variable, value }) => [variable, value])),
  };
  // What is linked counts more than variables.
  const contradicted = taken.some(({ variable }) => variable in stored) || hasUndeclared(stored, outdir);
  if (isFileLost || contradicted) unlinkSecrets(outdir);
  else linkSecrets(outdir, home);
  done(
    [
      ...(missing.length === 0 || purpose === "destroy"
        ? []
        : [`placeholders for ${missing.join(", ")}, which deploy will make`]),
      ...taken.map(({ name }) => `${name} of the environment, which deploy will store`),
    ].join(", ") || "all there",
  );
  return contradicted
    ? values
    : Object.fromEntries(Object.entries(values).filter(([name]) => stored[name] === undefined));
}

/** Whether there are values that the stack does not declare: of a provider that was removed, until a deploy has succeeded without it. */
function hasUndeclared(stored: Readonly<Record<string, string>>, outdir: string): boolean {
  const declared = declaredVariables(outdir);
  return Object.keys(stored).some((name) => !declared.has(name));
}

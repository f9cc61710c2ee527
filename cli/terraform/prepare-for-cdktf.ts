import { platformFile, shownFile } from "../../constructs/config/platform-file";
import type { PlatformConfig } from "../../constructs/config/schema";
import { credentialNames } from "../../constructs/gateway-config";
import { CODER_STACK, PROVIDER_TOKEN } from "../../constructs/stack-id";
import { coderVariablesFile, readCoderVariables, replaceCoderVariables } from "../coder/coder-tokens";
import { neededPasswords } from "../coder/user-passwords";
import { linkSecrets, linkVariables, unlinkSecrets } from "../secrets/link-secrets";
import { ensureSecrets, missingSecrets, newCredentials, readSecrets } from "../secrets/secret-store";
import { openState, sluiceHome } from "../sluice-home";
import { stackFolder } from "../stack-folder";
import type { Synthesis } from "../synthesize";
import { UserError } from "../terminal/user-error";
import { deployedUsers, isCoderDeployed } from "./coder-state";
import { type LastDeployed, lastDeployed, rememberDeployed } from "./last-deployed";
import { lostVolumes } from "./lost-volumes";
import { removeStalePlans } from "./plan-files";
import { shareHostFacts } from "./prepare-coder";
import { provideHostFacts } from "./provide-host-facts";
import { type ExistingPlatform, refuseNewSecrets } from "./refuse-new-secrets";
import { refuseRename } from "./refuse-rename";
import { readState } from "./state";

/**
 * What plain `cdktf diff|deploy|destroy` need beside the synthesized stack. Only the CDKTF CLI sets CDKTF_OUTDIR, so
 * `npm run synth` and CI neither make secrets nor leave a link to them in their output.
 *
 * A synth cannot tell whether it is for `diff` or for `deploy`. So it makes secrets only where nothing can know others, as
 * `deploy` does, and leaves credentials of the environment alone once there is a secret file (docs/decisions/0059).
 * @returns what the user should know
 * @throws UserError when secrets or data volumes are lost or the platform would be renamed
 */
export async function prepareForCdktf(
  { config, outdir, dataVolumes }: Synthesis,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string[]> {
  if (!env["CDKTF_OUTDIR"]) return [];
  const home = sluiceHome(env);
  removeStalePlans(env);
  const deployed = readState(home);
  const last = lastDeployed(home, deployed);
  const planned = { name: config.name, dataVolumes: [...dataVolumes] };
  const existing: ExistingPlatform = { home, deployed, last, planned };
  await refuseRename(existing, shownFile(platformFile({ env })));
  await refuseLostVolumes(last, dataVolumes);
  if (!config.coder.enabled) refuseLeftCoder(home);
  rememberDeployed(home, deployed);

  const stored = readSecrets(home);
  const missing = missingSecrets(stored);
  const isFirst = Object.keys(stored).length === 0;
  const unknown = await refuseNewSecrets(missing, isFirst, existing);
  if (unknown !== undefined) {
    unlinkSecrets(outdir);
    return [
      `no secrets are made, since the engine cannot be asked whether there is data that they belong to (${unknown}). Make them with: npm run sluice -- init`,
    ];
  }
  const credentials = credentialNames(config.providers);
  if (missing.length > 0) {
    openState(home);
    ensureSecrets(home, isFirst ? credentials : [], env);
  }
  linkSecrets(outdir, home);
  const notes = await hostFacts(home, config, outdir);
  if (config.coder.enabled) linkCoder(home, outdir, config, env);
  return [
    ...notes,
    ...newCredentials(readSecrets(home), credentials, env).map(
      ({ name, variable }) =>
        `${name} of the environment is not used: ${stored[variable] === undefined ? "none is stored" : "another is stored"}. To store it: npm run sluice -- init`,
    ),
  ];
}

/** `cdktf destroy` must go on where the engine's socket is gone: Terraform asks for a value that it needs. */
async function hostFacts(home: string, config: PlatformConfig, outdir: string): Promise<string[]> {
  try {
    await provideHostFacts("prepare", { home, config, outdir }, () => {});
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [error.message];
  }
}

/** Plain `cdktf` shows no risk of ours and knows no --accept-data-loss. */
async function refuseLostVolumes(last: LastDeployed | undefined, planned: readonly string[]): Promise<void> {
  // Where the engine cannot be asked, neither can Terraform ask it.
  const lost = (await lostVolumes(last).catch(() => [])).filter((volume) => planned.includes(volume));
  if (lost.length === 0) return;
  throw new UserError(
    `data volumes are lost: ${lost.join(", ")}; empty ones would be made in their place`,
    'restore them (docs/operations.md, "Restore"), or accept empty ones: npm run deploy -- --accept-data-loss; to end the platform: npm run destroy',
  );
}

/** Plain `cdktf` would take Coder away before its stack, which then could not be removed any more. */
function refuseLeftCoder(home: string): void {
  if (!isCoderDeployed(home)) return;
  throw new UserError(
    "coder.enabled is false, and Coder has a template and users of this platform, which go before it does",
    "npm run deploy removes them first; or write coder.enabled: true again",
  );
}

/**
 * Lets Terraform find what the stack `coder` needs: the token, which may be obtained between this and its plan, and the first passwords
 * of users that are not there yet. Those of others are not kept.
 */
function linkCoder(
  home: string,
  outdir: string,
  { coder: { users } }: Synthesis["config"],
  env: NodeJS.ProcessEnv,
): void {
  const existing = deployedUsers(home);
  const { [PROVIDER_TOKEN]: token, ...stored } = readCoderVariables(home);
  const passwords = neededPasswords(users, existing).flatMap(({ passwordEnv, variable }) => {
    const value = env[passwordEnv] || stored[variable];
    return value === undefined ? [] : [[variable, value]];
  });
  openState(home);
  replaceCoderVariables(home, {
    ...(token && { [PROVIDER_TOKEN]: token }),
    ...Object.fromEntries(passwords),
  });
  linkVariables(stackFolder(outdir, CODER_STACK), coderVariablesFile(home));
  shareHostFacts(outdir);
}

import type { Command } from "commander";
import { credentialNames } from "../../constructs/gateway-config";
import {
  DamagedSecretsError,
  ensureSecrets,
  missingSecrets,
  readSecrets,
  secretFile,
  setSecretsAside,
  writeSecrets,
} from "../secrets/secret-store";
import { openState, sluiceHome } from "../sluice-home";
import { synthesize } from "../synthesize";
import { UserError } from "../terminal/user-error";
import { lastDeployed } from "../terraform/last-deployed";
import { refuseNewSecrets } from "../terraform/refuse-new-secrets";
import { readState, stateSecrets } from "../terraform/state";

interface InitOptions {
  readonly recoverFromState?: boolean;
}

/** `sluice init`: makes what is missing, changes nothing that is there. */
export function registerInit(program: Command): void {
  program
    .command("init")
    .description("generate the secrets that are missing, into .sluice/ (deploy does this by itself)")
    .option(
      "--recover-from-state",
      "write secrets that were lost again, with the values that the state has of what is deployed",
    )
    .action(init);
}

async function init({ recoverFromState = false }: InitOptions): Promise<void> {
  const home = sluiceHome();
  if (recoverFromState) recover(home);
  const { config, dataVolumes } = synthesize(process.env, { mayUseExample: true });
  const deployed = readState(home);
  const last = lastDeployed(home, deployed);
  const planned = { name: config.name, dataVolumes: [...dataVolumes] };
  const existing = { home, deployed, last, planned };
  const stored = readSecrets(home);
  const unknown = await refuseNewSecrets(missingSecrets(stored), Object.keys(stored).length === 0, existing);
  openState(home);
  const { file, generated, taken } = ensureSecrets(home, credentialNames(config.providers));
  for (const name of generated) console.log(`made   ${name}`);
  for (const name of taken) console.log(`taken  ${name} (from the environment)`);
  if (generated.length + taken.length === 0) console.log("nothing to do: all secrets are there");
  if (unknown !== undefined) {
    console.log(
      `not checked: whether data volumes of ${config.name} exist, which these secrets would not open (${unknown}). If it has been deployed before, restore ${file} from your backup`,
    );
  }
  console.log(
    `kept in ${file} (mode 0600, ignored by git). Back it up: without it the databases cannot be opened.`,
  );
}

/** @returns undefined when the file is damaged */
function storedOrDamaged(home: string): Record<string, string> | undefined {
  try {
    return readSecrets(home);
  } catch (error) {
    if (error instanceof DamagedSecretsError) return undefined;
    throw error;
  }
}

/** Values that are there stay; those of a damaged file are not there. @throws UserError when the state has none that is missing */
function recover(home: string): void {
  const inState = Object.entries(stateSecrets(home)).filter(([, value]) => value !== "");
  const stored = storedOrDamaged(home);
  const found = inState.filter(([name]) => !stored?.[name]);
  if (stored === undefined && missingSecrets(Object.fromEntries(inState)).length === 0) {
    console.log(`kept   the damaged file as ${setSecretsAside(home)}`);
  } else if (stored === undefined) {
    throw new UserError(
      `${secretFile(home)} is damaged, and the state does not have all of its values`,
      "correct it, or restore it from your backup",
    );
  }
  if (found.length === 0) {
    if (missingSecrets(stored ?? {}).length === 0) return;
    throw new UserError(
      "the state has no values of the secrets that are missing: nothing is deployed, or it was before states kept them",
      `restore ${secretFile(home)} from your backup`,
    );
  }
  openState(home);
  writeSecrets(home, { ...stored, ...Object.fromEntries(found) });
  for (const [name] of found) console.log(`back   ${name} (from the state)`);
}

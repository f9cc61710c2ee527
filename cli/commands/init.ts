import type { Command } from "commander";
import { loadPlatform } from "../../constructs";
import { platformFile } from "../../constructs/config/platform-file";
import { credentialNames } from "../../constructs/gateway-config";
import { ensureSecrets } from "../secrets/secret-store";
import { sluiceHome } from "../sluice-home";

/** `sluice init`: makes what is missing, changes nothing that is there. */
export function registerInit(program: Command): void {
  program
    .command("init")
    .description("generate the secrets that are missing, into .sluice/ (deploy does this by itself)")
    .action(() => {
      const { providers } = loadPlatform(platformFile({ mayUseExample: true }));
      const { file, generated, taken } = ensureSecrets(sluiceHome(), credentialNames(providers));
      for (const name of generated) console.log(`made   ${name}`);
      for (const name of taken) console.log(`taken  ${name} (from the environment)`);
      if (generated.length + taken.length === 0) console.log("nothing to do: all secrets are there");
      console.log(
        `kept in ${file} (mode 0600, ignored by git). Back it up: without it the databases cannot be opened.`,
      );
    });
}

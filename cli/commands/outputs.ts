import type { Command } from "commander";
import { sluiceHome } from "../sluice-home";
import { formatOutputs } from "../terraform/outputs";
import { readState } from "../terraform/state";

/** `sluice outputs`: the table that deploy ends with. */
export function registerOutputs(program: Command): void {
  program
    .command("outputs")
    .description("show the URLs of the deployed platform; reads the state, needs nothing else")
    .option("--json", "as JSON, for scripts")
    .action(({ json = false }: { json?: boolean }) => {
      const outputs = readState(sluiceHome())?.outputs ?? {};
      console.log(
        json ? JSON.stringify(outputs, null, 2) : formatOutputs(outputs) || "Nothing is deployed yet.",
      );
    });
}

import type { Command } from "commander";
import { CODER_STACK } from "../../constructs/stack-id";
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
      const home = sluiceHome();
      const outputs = { ...readState(home)?.outputs, ...readState(home, CODER_STACK)?.outputs };
      console.log(
        json ? JSON.stringify(outputs, null, 2) : formatOutputs(outputs) || "Nothing is deployed yet.",
      );
    });
}

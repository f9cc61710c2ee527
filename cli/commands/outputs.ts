import type { Command } from "commander";
import { Progress } from "../terminal/progress";
import { formatOutputs, readOutputs } from "../terraform/outputs";
import { prepareStack } from "../terraform/prepare";

/** `sluice outputs`: the table that deploy ends with. */
export function registerOutputs(program: Command): void {
  program
    .command("outputs")
    .description("show the URLs of the deployed platform")
    .option("--json", "as JSON, for scripts")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { terraform } = await prepareStack(new Progress({ quiet: json }), { purpose: "read" });
      const outputs = await readOutputs(terraform);
      console.log(
        json ? JSON.stringify(outputs, null, 2) : formatOutputs(outputs) || "Nothing is deployed yet.",
      );
    });
}

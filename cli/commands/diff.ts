import type { Command } from "commander";
import { Progress } from "../terminal/progress";
import { prepareStack } from "../terraform/prepare";

/** `sluice diff`: what deploy would change. */
export function registerDiff(program: Command): void {
  program
    .command("diff")
    .description("show what deploy would change; changes nothing")
    .option("--exit-code", "exit with 2 when there are changes")
    .action(async ({ exitCode: wanted = false }: { exitCode?: boolean }) => {
      const { terraform } = await prepareStack(new Progress(), { purpose: "read" });
      const { exitCode } = await terraform.run(
        ["plan", "-input=false", "-lock=false", "-detailed-exitcode"],
        {
          output: "show",
          accept: [2],
        },
      );
      if (wanted) process.exitCode = exitCode;
    });
}

import type { Command } from "commander";
import { removeWorkspaceRules } from "../docker/workspace-rules";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { prepareStack } from "../terraform/prepare";
import { removeVolumes } from "../terraform/remove-volumes";

interface DestroyOptions {
  readonly autoApprove?: boolean;
  readonly volumes?: boolean;
}

/** `sluice destroy`: containers, networks and images go; data stays unless asked for. */
export function registerDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove containers and networks; data stays, and the next deploy finds it")
    .option("--volumes", "ALSO DELETE ALL DATA: databases, queues, audit rows")
    .option("--auto-approve", "do not ask, for CI")
    .action(destroy);
}

async function destroy({ autoApprove = false, volumes = false }: DestroyOptions): Promise<void> {
  const { terraform, config, dataVolumes } = await prepareStack(new Progress());
  const question = volumes
    ? `Remove the platform AND DELETE ALL ITS DATA (${dataVolumes.join(", ")})?`
    : "Remove the platform? Its data stays.";
  if (!autoApprove && !(await confirm(question))) {
    console.log("Nothing was changed.");
    return;
  }
  await terraform.run(["apply", "-destroy", "-input=false", "-auto-approve"], { output: "show" });
  if (volumes) removeVolumes(dataVolumes);
  await removeWorkspaceRules(config.name);
  console.log(volumes ? "The platform and its data are gone." : "The platform is gone. Its data is kept.");
}

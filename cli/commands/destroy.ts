import type { Command } from "commander";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { forgetDeployed } from "../terraform/last-deployed";
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
  const { terraform, name, dataVolumes } = await prepareStack(new Progress(), { purpose: "destroy" });
  const question = volumes
    ? `Remove ${name} AND DELETE ALL ITS DATA (${dataVolumes.join(", ")})?`
    : `Remove ${name}? Its data stays.`;
  if (!autoApprove && !(await confirm(question))) {
    console.log("Nothing was changed.");
    return;
  }
  await terraform.run(["apply", "-destroy", "-input=false", "-auto-approve"], { output: "show" });
  if (!volumes) {
    console.log(
      dataVolumes.length === 0
        ? "Nothing is deployed any more."
        : `${name} is gone. Its data is kept: ${dataVolumes.join(", ")}.`,
    );
    return;
  }
  await removeVolumes(dataVolumes);
  forgetDeployed(sluiceHome());
  console.log(
    dataVolumes.length === 0
      ? `Nothing is deployed any more. ${sluiceHome()} knows of no data volumes, so none was deleted; all there are: docker volume ls`
      : `${name} and its data are gone: ${dataVolumes.join(", ")}.`,
  );
}

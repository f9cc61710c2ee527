import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { applyPlan } from "../apply/apply-plan";
import { rememberDetached } from "../apply/attach-again";
import { checkAttachments, detach, findAttachments } from "../apply/attachments";
import { forgetDeployedStack } from "../apply/deployed-stack";
import { betweenSteps, type Steps } from "../apply/interruption";
import { describeOrphans, findOrphans, removeOrphans } from "../apply/orphans";
import { type CoderState, forgetCoder, removeCoder } from "../apply/remove-coder";
import { forgetCoderTokens } from "../coder/coder-tokens";
import { docker } from "../docker/docker";
import { removeWorkspaceRules } from "../docker/workspace-rules";
import { refuseFindings } from "../preflight/finding";
import { secretFile } from "../secrets/secret-store";
import { sluiceHome, stateFile, stateFolder } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { isCoderDeployed } from "../terraform/coder-state";
import { forgetDeployed } from "../terraform/last-deployed";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan } from "../terraform/planned-changes";
import { type PreparedStack, prepareStack } from "../terraform/prepare";
import { removeVolumes } from "../terraform/remove-volumes";
import { parseDuration } from "./parse-duration";

interface DestroyOptions {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly detach?: boolean;
  readonly lockTimeout: string;
  readonly volumes?: boolean;
  readonly deleteWorkspaces?: boolean;
  readonly coderState?: CoderState;
}

/** `sluice destroy`: containers, networks and images go; data stays unless asked for. */
export function registerDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove containers and networks; data stays, and the next deploy finds it")
    .option("--volumes", "ALSO DELETE ALL DATA: databases, queues, audit rows")
    .option("-y, --yes", "do not ask, for CI")
    .option("--auto-approve", "the same as --yes")
    .option(
      "--delete-workspaces",
      "with --yes: ALSO DELETE ALL WORKSPACES in Coder, with the home folders of their users",
    )
    .addOption(
      new Option(
        "--coder-state <what>",
        "do not remove template and users from Coder: keep them for the next deploy, or forget them where Coder is gone",
      ).choices(["keep", "forget"]),
    )
    .option("--detach", "disconnect other containers, such as workspaces, from the networks")
    .option(
      "--lock-timeout <duration>",
      "how long to wait for another run on the same state, such as 5m",
      parseDuration,
      "0s",
    )
    .action(destroy);
}

async function destroy(options: DestroyOptions): Promise<void> {
  const { yes = false, autoApprove = false, volumes = false } = options;
  if (volumes && options.coderState === "keep") {
    throw new UserError(
      "--volumes deletes Coder's database, so nothing in it can be kept (--coder-state keep)",
      "leave one of the two out",
    );
  }
  const agreed = { ...options, yes: yes || autoApprove };
  const remedy = `npm run destroy${volumes ? " -- --volumes" : ""} resumes from there`;
  const stack = await betweenSteps(() => prepareStack(new Progress(), { purpose: "destroy" }));
  if (!(await betweenSteps((steps) => endCoder(stack, agreed, steps), remedy))) {
    console.log("Nothing was changed.");
    return;
  }
  const isDone = await withPlanFile(sluiceHome(), (planFile) =>
    betweenSteps((steps) => removePlatform(planFile, stack, agreed, steps), remedy),
  );
  if (!isDone) {
    console.log("Nothing of the platform was changed.");
    return;
  }
  console.log([farewell(stack, volumes), ...(await describeLeft(stack, volumes))].join("\n"));
}

/**
 * The stack `coder` goes before the Coder that it is in.
 * @returns false when the user said no
 */
async function endCoder(
  { config, outdir }: PreparedStack,
  options: DestroyOptions,
  steps: Steps,
): Promise<boolean> {
  const home = sluiceHome();
  if (options.coderState !== undefined || !isCoderDeployed(home)) return true;
  return removeCoder({
    home,
    config,
    outdir,
    lock: [`-lock-timeout=${options.lockTimeout}`],
    progress: new Progress(),
    to: process.stdout,
    deleteWorkspaces: options.deleteWorkspaces === true,
    confirm: options.yes === true ? undefined : confirm,
    steps,
  });
}

/** @returns false when the user said no */
async function removePlatform(
  planFile: string,
  stack: PreparedStack,
  options: DestroyOptions,
  { checkpoint, begin }: Steps,
): Promise<boolean> {
  const { terraform, name, dataVolumes } = stack;
  const progress = new Progress();
  const home = sluiceHome();
  const lock = [`-lock-timeout=${options.lockTimeout}`];
  const to = process.stdout;
  const plan = await makePlan(terraform, {
    file: planFile,
    options: ["-destroy", ...lock],
    output: "show",
    to,
  });
  const orphans = await findOrphans(name, plan, home);
  const attachments = await findAttachments(name, plan);
  if (options.detach !== true)
    refuseFindings(checkAttachments(name, attachments, "deploy again"), stack.file);
  const left = describeOrphans(orphans);
  if (left.length > 0) {
    console.log(`\nLeft over from a deploy that was killed, and removed as well:\n  ${left.join("\n  ")}`);
  }
  const question =
    options.volumes === true
      ? `Remove ${name} AND DELETE ALL ITS DATA (${dataVolumes.join(", ")})?`
      : `Remove ${name}? Its data stays.`;
  if (options.yes !== true && !(await confirm(question))) return false;
  checkpoint("nothing was removed", "not changed");
  if (attachments.length > 0)
    begin(
      "nothing was removed, but containers of others are disconnected from its networks",
      "changed in part",
    );
  // The next deploy makes the networks again, and connects them.
  rememberDetached(home, attachments);
  await detach(attachments, progress);
  begin("containers and networks are removed in part; all data is kept", "changed in part");
  const log = join(stateFolder(home), "apply.log");
  await applyPlan({ terraform, platform: name, args: [...lock, planFile], log, to });
  await removeOrphans(orphans, progress);
  await removeWorkspaceRules(name);
  forgetDeployedStack(home);
  if (options.coderState === "forget") forgetCoder(home);
  if (options.volumes !== true) return true;
  checkpoint("containers and networks are removed; all data is kept", "changed in part");
  begin(
    `containers and networks are removed, and the data in part (${dataVolumes.join(", ")})`,
    "changed in part",
  );
  await removeVolumes(dataVolumes);
  forgetDeployed(home);
  // They were in a database that is gone.
  forgetCoder(home);
  forgetCoderTokens(home);
  // Secrets of databases that are gone. Without their removal it would hold the last ones in the clear for ever.
  rmSync(`${stateFile(home)}.backup`, { force: true });
  return true;
}

/** What a destroy leaves besides data, and how to remove it; one line each. */
async function describeLeft({ name }: PreparedStack, volumes: boolean): Promise<string[]> {
  const home = sluiceHome();
  const backup = `${stateFile(home)}.backup`;
  const files = [secretFile(home), ...(!volumes && existsSync(backup) ? [backup] : [])].filter(existsSync);
  const isOne = files.length === 1;
  const images = (
    await docker(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", `--filter=reference=${name}/*`])
  )
    .split("\n")
    .filter(Boolean);
  return [
    ...(files.length === 0
      ? []
      : [
          `${files.join(" and ")} ${isOne ? "stays and holds" : "stay and hold"} secrets. ${volumes ? "To remove them" : "They open the data; without it, or with a backup, remove them"}: rm ${files.join(" ")}`,
        ]),
    ...(images.length === 0
      ? []
      : [
          `Images that it built stay; the next deploy needs no build then. To remove them: docker image rm ${images.join(" ")}`,
        ]),
  ];
}

function farewell({ name, dataVolumes }: PreparedStack, volumes: boolean): string {
  const names = dataVolumes.join(", ");
  if (names === "") {
    const nothing = `${sluiceHome()} knows of no data volumes, so none was deleted; all there are: docker volume ls`;
    return `Nothing is deployed any more.${volumes ? ` ${nothing}` : ""}`;
  }
  return volumes
    ? `${name} and its data are gone: ${names}.`
    : `${name} is gone. Its data is kept: ${names}.`;
}

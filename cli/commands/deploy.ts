import { type Command, Option } from "commander";
import { platformFile, shownFile } from "../../constructs/config/platform-file";
import type { PlatformConfig } from "../../constructs/config/schema";
import { SERVICES } from "../../constructs/service-catalog";
import { type CoderDeployment, deployCoder } from "../apply/deploy-coder";
import { type Deployment, deployPlatform } from "../apply/deploy-platform";
import { betweenSteps } from "../apply/interruption";
import { type CoderState, forgetCoder, removeCoder } from "../apply/remove-coder";
import { certificateStatus, renewal } from "../certificates/certificate-status";
import { DEFERRED_BOOTSTRAP } from "../coder/bootstrap-props";
import { firstPasswords } from "../coder/user-passwords";
import { removeEndedGrace } from "../rotation/master-key-grace";
import { describeUnfinished } from "../rotation/unfinished-rotation";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { deployedUsers, describeCoderStack, isCoderDeployed } from "../terraform/coder-state";
import { formatOutputs } from "../terraform/outputs";
import { type PreparedStack, prepareStack } from "../terraform/prepare";
import type { Terraform } from "../terraform/terraform";
import { parseDuration } from "./parse-duration";

interface DeployOptions {
  readonly yes?: boolean;
  readonly autoApprove?: boolean;
  readonly json?: boolean;
  readonly full?: boolean;
  readonly acceptDataLoss?: boolean;
  readonly deleteWorkspaces?: boolean;
  readonly coderState?: CoderState;
  readonly detach?: boolean;
  readonly rollback: boolean;
  readonly lockTimeout: string;
  readonly retry?: readonly string[];
}

/** Jobs by the name that their error text gives: each puts the files of a service onto their volume. */
const JOBS: Readonly<Record<string, string>> = Object.fromEntries(
  SERVICES.flatMap(({ name, files }) =>
    files === undefined ? [] : [[`${name}-files`, `docker_container.sluice_${name}_files_job_`]],
  ),
);

/** `sluice deploy`: plan → checks → your word → images → apply → ready → Coder set up → plan of its stack → your word → apply → outputs. */
export function registerDeploy(program: Command): void {
  program
    .command("deploy")
    .description(
      "show the plan and, after your yes, apply it; then the same for what the platform keeps in Coder; ends when all is ready",
    )
    .option("-y, --yes", "apply without asking, for CI")
    .option("--auto-approve", "the same as --yes")
    .option("--json", "the result as JSON on stdout, all else on stderr; needs --yes")
    .option("--full", "show Terraform's full plan instead of the summary")
    .option("--accept-data-loss", "with --yes: apply even if the plan would lose data")
    .option(
      "--delete-workspaces",
      "where coder.enabled has become false, with --yes: ALSO DELETE ALL WORKSPACES, with the home folders of their users",
    )
    .addOption(
      new Option(
        "--coder-state <what>",
        "where coder.enabled has become false and Coder is not there to remove its template and users from: keep or forget them",
      ).choices(["keep", "forget"]),
    )
    .option("--detach", "disconnect other containers, such as workspaces, from networks that are replaced")
    .option("--no-rollback", "leave the platform as it is when the apply fails")
    .option(
      "--lock-timeout <duration>",
      "how long to wait for another run on the same state, such as 5m",
      parseDuration,
      "0s",
    )
    .option(
      "--retry <job>",
      "run a job again that failed, such as gateway-files",
      (job, jobs: readonly string[] = []) => [...jobs, job],
    )
    .addHelpText(
      "after",
      `
Exit codes:
  0    deployed and ready, or nothing to change and ready; or you said no
  1    refused before anything was changed; or failed, and the text says what state the platform is in
  130  ended by SIGINT; 143 by SIGTERM, 129 by SIGHUP: the current resource was finished, deploy resumes from there`,
    )
    .action(deploy);
}

async function deploy(options: DeployOptions): Promise<void> {
  const { yes = false, autoApprove = false, json = false } = options;
  const isAgreed = yes || autoApprove;
  if (json && !isAgreed) {
    throw new UserError(
      "--json has nobody to ask",
      "give --yes as well to apply, or use sluice diff to look",
    );
  }
  const deployment = await run(options, isAgreed);
  if (json) console.log(JSON.stringify(toJson(deployment), null, 2));
  else console.log(`\n${toText(deployment)}`);
}

/** What both stacks came to. */
interface WholeDeployment {
  readonly platform: Deployment;
  /** Undefined without Coder, or where the platform's plan was declined. */
  readonly coder: CoderDeployment | undefined;
}

async function run(options: DeployOptions, isAgreed: boolean): Promise<WholeDeployment> {
  const home = sluiceHome();
  const progress = new Progress();
  const stack = await betweenSteps(() => prepareStack(progress, { purpose: "change" }));
  const { config, outdir } = stack;
  await removeEndedGrace(home, config.name);
  const lock = [`-lock-timeout=${options.lockTimeout}`];
  const to = options.json === true ? process.stderr : process.stdout;
  const replace = await Promise.all((options.retry ?? []).map((job) => jobAddress(job, stack.terraform)));
  const { enabled, users } = config.coder;
  // Before anything is changed, not after the first stack.
  if (enabled) firstPasswords(users, deployedUsers(home));
  else if (!(await endCoder(stack, { lock, progress, to, isAgreed, options }))) {
    throw new UserError(
      "nothing was changed: without Coder its template and users cannot stay",
      GIVE_CODER_BACK,
    );
  }
  const platform = await deferringBootstrap(() =>
    deployPlatform({
      home,
      file: shownFile(platformFile()),
      stack,
      planOptions: replace.map((address) => `-replace=${address}`),
      lock,
      detach: options.detach === true,
      rollBack: options.rollback,
      progress,
      to,
      full: options.full === true,
      acceptDataLoss: options.acceptDataLoss === true,
      next: enabled ? announceCoder(home, stack) : undefined,
      warnings: [...describeUnfinished(home), ...certificateWarnings(config)],
      confirm: isAgreed ? undefined : () => confirm("Apply this plan?"),
    }),
  );
  if (!enabled && platform.result !== "declined" && options.coderState === "forget") forgetCoder(home);
  if (!enabled || platform.result === "declined") return { platform, coder: undefined };
  const coder = await deployCoder({
    home,
    config,
    outdir,
    lock,
    progress,
    to,
    full: options.full === true,
    confirm: isAgreed ? undefined : () => confirm("Apply this plan for Coder?"),
  });
  return { platform, coder };
}

const GIVE_CODER_BACK = "write coder.enabled: true again, or agree to their removal";

/** What is in Coder goes before Coder does. @returns false when the user said no */
async function endCoder(
  { config, outdir }: PreparedStack,
  how: Pick<Parameters<typeof removeCoder>[0], "lock" | "progress" | "to"> & {
    readonly isAgreed: boolean;
    readonly options: DeployOptions;
  },
): Promise<boolean> {
  const home = sluiceHome();
  if (!isCoderDeployed(home) || how.options.coderState !== undefined) return true;
  const { isAgreed, options, lock, progress, to } = how;
  to.write(
    "coder.enabled is false, and Coder has a template and users of this platform: they are removed first.\n",
  );
  return betweenSteps(
    (steps) =>
      removeCoder({
        ...{ home, config, outdir, lock, progress, to, steps },
        deleteWorkspaces: options.deleteWorkspaces === true,
        confirm: isAgreed ? undefined : confirm,
      }),
    "npm run deploy resumes from there",
  );
}

/** Coder has to run before a plan of its stack can be made. */
function announceCoder(home: string, { config }: PreparedStack): string {
  return isCoderDeployed(home)
    ? "After it, once Coder is ready, comes the plan of what the platform keeps there."
    : `After it, once Coder runs, it is set up, and gets ${describeCoderStack(config)}: their plan needs a running Coder.`;
}

/** Within the apply, a failure of the bootstrap would roll the platform back. */
async function deferringBootstrap<T>(work: () => Promise<T>): Promise<T> {
  process.env[DEFERRED_BOOTSTRAP] = "1";
  try {
    return await work();
  } finally {
    delete process.env[DEFERRED_BOOTSTRAP];
  }
}

/** One that Sluice makes is replaced by now. */
function certificateWarnings(config: PlatformConfig): string[] {
  if (!config.coder.enabled) return [];
  const status = certificateStatus(sluiceHome(), config);
  const due = status === undefined ? undefined : renewal(status);
  return due === undefined ? [] : [`${due.what}\n  → ${due.remedy}`];
}

function toText({ platform, coder }: WholeDeployment): string {
  const { result, outputs, models, warnings } = platform;
  if (result === "declined") return "Nothing was changed.";
  return [
    `The platform is up and ready:\n${formatOutputs({ ...outputs, ...coder?.outputs })}`,
    `Models: ${models.usable.join(", ") || "none"}`,
    ...(coder?.result === "declined"
      ? ["Coder's template and users were not changed: npm run deploy shows their plan again."]
      : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ].join("\n");
}

function toJson({ platform, coder }: WholeDeployment) {
  const { result, changes, outputs, readiness, models, warnings } = platform;
  return {
    result,
    platform: "ready",
    changes,
    outputs: { ...outputs, ...coder?.outputs },
    readiness: readiness ?? null,
    models: { usable: models.usable, unusable: models.unusable },
    coder:
      coder === undefined
        ? null
        : { result: coder.result, changes: coder.changes, bootstrap: coder.bootstrap },
    warnings,
  };
}

async function jobAddress(job: string, terraform: Terraform): Promise<string> {
  const prefix = JOBS[job];
  if (prefix === undefined) {
    throw new UserError(`${job} is not a job`, `--retry takes: ${Object.keys(JOBS).join(", ")}`);
  }
  const { stdout } = await terraform.run(["state", "list"], { output: "collect" });
  const address = stdout.split("\n").find((line) => line.startsWith(prefix));
  if (address === undefined) throw new UserError(`${job} has not run yet`, "deploy without --retry");
  return address;
}

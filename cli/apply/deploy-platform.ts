import { join } from "node:path";
import { describeLostEndpoint, restoreEndpoints } from "../docker/endpoints";
import { removeWorkspaceRules } from "../docker/workspace-rules";
import type { ChangeSummary } from "../plan/change-summary";
import { formatChanges, formatRisks } from "../plan/format-changes";
import { pullImages } from "../preflight/base-images";
import { type Finding, refuseFindings } from "../preflight/finding";
import { checkBeforeApply } from "../preflight/preflight";
import { describeUnusable, type UsableModels, usableModels } from "../preflight/provider-credentials";
import { readSecrets, removeSecrets } from "../secrets/secret-store";
import { stateFolder } from "../sluice-home";
import { InterruptedError } from "../terminal/interrupted-error";
import { hasColours } from "../terminal/paint";
import type { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import { rememberDeployed } from "../terraform/last-deployed";
import { withPlanFile } from "../terraform/plan-files";
import { makePlan, type Plan, readExisting } from "../terraform/planned-changes";
import type { PreparedStack } from "../terraform/prepare";
import { readState } from "../terraform/state";
import { TerraformError, type TextSink } from "../terraform/terraform";
import { applyPlan } from "./apply-plan";
import { attachAgain, rememberDetached } from "./attach-again";
import { type Attachment, checkAttachments, detach, findAttachments } from "./attachments";
import { buildImages } from "./build-images";
import { keepDeployedStack } from "./deployed-stack";
import { DeploymentError } from "./deployment-error";
import { reportFailures, summarizeFailures } from "./failure-report";
import { betweenSteps, InterruptedDeployment, type Steps } from "./interruption";
import { describeOrphans, findOrphans, healOrphans, type Orphans } from "./orphans";
import { type GatewayReadiness, waitUntilReady } from "./readiness";
import { rollBack } from "./roll-back";

/** How to deploy. */
export interface DeployProps {
  readonly home: string;
  /** Name of platform.yaml for errors. */
  readonly file: string;
  readonly stack: PreparedStack;
  /** Options of the plan, such as `-replace=…`. */
  readonly planOptions: readonly string[];
  /** Such as `-lock-timeout=5m`. */
  readonly lock: readonly string[];
  /** Whether to cut off containers of others on networks that are replaced. */
  readonly detach: boolean;
  /** Whether to go back to the former platform when the apply fails. */
  readonly rollBack: boolean;
  readonly progress: Progress;
  /** Where plan, warnings and Terraform's output are shown. */
  readonly to: TextSink;
  /** Whether the plan is shown as Terraform has it, not in words. */
  readonly full: boolean;
  /** Whether a plan that would lose data may be applied without a question. */
  readonly acceptDataLoss: boolean;
  /** What follows once this plan is applied, in a sentence. @default - nothing */
  readonly next?: string | undefined;
  /** What else the user should know before a yes; also part of the result. */
  readonly warnings: readonly string[];
  /** Asks for the user's word on a plan that was shown; undefined where it was given with the command. */
  readonly confirm: ((plan: Plan) => Promise<boolean>) | undefined;
}

/** What a deployment came to. */
export interface Deployment {
  /** `declined`: the user said no. `unchanged`: there was nothing to do. */
  readonly result: "applied" | "unchanged" | "declined";
  readonly changes: ChangeSummary["changes"];
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly readiness: GatewayReadiness | undefined;
  readonly models: UsableModels;
  readonly warnings: readonly string[];
}

/**
 * Plan → every check that can be made before the first change → the user's word → images → apply → ready.
 * @throws UserError when nothing was changed, DeploymentError when something was, InterruptedError after a signal
 */
export function deployPlatform(props: DeployProps): Promise<Deployment> {
  return withPlanFile(props.home, (planFile) =>
    betweenSteps((steps) => deployByPlan(planFile, props, steps), GO_ON),
  );
}

const GO_ON = "npm run deploy resumes from there and reports whether the platform is ready";

async function deployByPlan(planFile: string, props: DeployProps, steps: Steps): Promise<Deployment> {
  const { home, stack, lock, progress, to } = props;
  const { terraform, config } = stack;
  const say = (text: string) => void to.write(`${text}\n`);
  const models = usableModels(config, readSecrets(home));
  const outcome = {
    models,
    warnings: [describeUnusable(models), ...props.warnings].filter((text) => text !== undefined),
  };
  const planning = {
    file: planFile,
    options: [...lock, ...props.planOptions],
    lostVolumes: stack.lostVolumes,
  };
  const plan = props.full
    ? await makePlan(terraform, { ...planning, output: "show", to })
    : await progress.step("Planning", () => makePlan(terraform, planning));
  const colour = isColoured(to);
  if (props.full) {
    // Terraform's own plan knows nothing of data, nor of networks that a container has lost.
    for (const one of plan.lostEndpoints) say(`${describeLostEndpoint(one)}: it is connected again.`);
    for (const line of formatRisks(plan.summary.risks, colour)) say(line);
  } else {
    for (const warning of plan.warnings) say(`${warning}\n`);
    say(formatChanges(plan.summary, { colour }));
  }
  if (props.next !== undefined) say(`\n${props.next}`);
  steps.checkpoint(...NOTHING);
  const checked = await check(plan, props, say);
  steps.checkpoint(...NOTHING);
  for (const warning of outcome.warnings) say(`\nwarning: ${warning}`);
  const isIdle = plan.isEmpty && checked.orphans.containers.length === 0;
  const { changes, risks } = plan.summary;
  if (props.confirm === undefined && !props.acceptDataLoss) refuseDataLoss(risks);
  if (!isIdle && props.confirm !== undefined && !(await props.confirm(plan))) {
    return { ...outcome, result: "declined", changes, outputs: {}, readiness: undefined };
  }
  try {
    if (!isIdle) await change(plan, planFile, checked, steps, props);
    if (config.networks.workspaces.isolation === "none") await removeWorkspaceRules(config.name);
    rememberDeployed(home, readState(home));
  } finally {
    for (const line of await attachAgain(home, progress)) say(`warning: ${line}`);
  }
  const checkpoint = () =>
    steps.checkpoint(
      `${isIdle ? "nothing was to be changed" : "the change is applied"}; whether the platform is ready is not known`,
      isIdle ? "not changed" : "applied, readiness unknown",
    );
  checkpoint();
  const { isReady, reasons, gateway } = await waitUntilReady(config.name, progress, { onWait: checkpoint });
  if (!isReady) throw await notReady(config.name, reasons);
  // Not before: a rollback needs the values that the former platform has.
  removeSecrets(home, keepDeployedStack(home, terraform.folder, await readExisting(terraform)));
  const outputs = readState(home)?.outputs ?? {};
  return { ...outcome, result: isIdle ? "unchanged" : "applied", changes, outputs, readiness: gateway };
}

/** For a plan that nobody is asked about. @throws UserError when it would lose data */
export function refuseDataLoss(risks: ChangeSummary["risks"]): void {
  if (risks.length === 0) return;
  const remedies = [...new Set(risks.map(({ remedy }) => remedy))].join("; ");
  throw new UserError(
    `this plan would lose data, and nothing was changed: ${risks.map(({ service, text }) => `${service}: ${text}`).join("; ")}`,
    `${remedies}. Deploy without --yes to decide, or with --accept-data-loss if that is meant`,
  );
}

const NOTHING = ["nothing was changed", "not changed"] as const;
const IMAGES = ["images are built, and no container was touched", "not changed"] as const;

/** Whether text that is shown there may have colours. */
export function isColoured(to: TextSink): boolean {
  return to === process.stdout && hasColours();
}

interface Checked {
  readonly orphans: Orphans;
  readonly attachments: readonly Attachment[];
}

/** Everything that can be known before the first change; all findings at once. */
async function check(plan: Plan, props: DeployProps, say: (text: string) => void): Promise<Checked> {
  const { stack, home, progress, file } = props;
  const { config } = stack;
  return progress.step("Checking the engine", async (done) => {
    const orphans = await findOrphans(config.name, plan, home);
    const attachments = await findAttachments(config.name, plan);
    const preflight = await checkBeforeApply(
      config,
      plan,
      orphans.containers.map(({ Id }) => Id),
    );
    const cutOff: Finding[] = props.detach ? [] : checkAttachments(config.name, attachments);
    refuseFindings([...preflight.findings, ...cutOff], file);
    const left = describeOrphans(orphans);
    done(
      [...(left.length === 0 ? [] : [`${left.length} left over`]), ...preflight.notes].join("; ") ||
        "nothing in the way",
    );
    if (left.length > 0) {
      say(
        `\nLeft over from a deploy that was killed. Containers are removed (data stays in its volumes), networks are kept:\n${left.map((line) => `  ${line}`).join("\n")}`,
      );
    }
    return { orphans, attachments };
  });
}

async function change(
  approved: Plan,
  planFile: string,
  { orphans, attachments }: Checked,
  steps: Steps,
  props: DeployProps,
): Promise<void> {
  const { stack, home, lock, progress, to, file } = props;
  const { terraform, config } = stack;
  const log = join(stateFolder(home), "apply.log");
  refuseFindings(await pullImages(config.images, approved.changes, progress), file);
  steps.checkpoint(...NOTHING);
  steps.begin("some images are built, and no container was touched", "not changed");
  const areImagesNew = await buildImages(approved, terraform, { lock, log, progress, to });
  steps.checkpoint(...IMAGES);
  const isHealing = orphans.containers.length > 0 || orphans.networks.length > 0;
  if (isHealing)
    steps.begin(
      "leftovers of a deploy that was killed are removed in part, and nothing else was changed",
      "changed in part",
    );
  await healOrphans(orphans, terraform, progress);
  if (areImagesNew || orphans.networks.length > 0) await planAgain(approved, planFile, props);
  if (isHealing)
    steps.checkpoint(
      "leftovers of a deploy that was killed are removed, and nothing else was changed",
      "changed in part",
    );
  else steps.checkpoint(...IMAGES);
  if (attachments.length > 0)
    steps.begin(
      "containers of others are disconnected from networks, and are connected again by the next deploy",
      "changed in part",
    );
  rememberDetached(
    home,
    attachments.filter(({ isReplaced }) => isReplaced),
  );
  await detach(attachments, progress);
  steps.begin("the change is applied in part", "changed in part");
  // First, since what Terraform waits for may need those who are cut off.
  await restoreEndpoints(approved.lostEndpoints, progress);
  try {
    await applyPlan({ terraform, platform: config.name, args: [...lock, planFile], log, to });
  } catch (error) {
    if (error instanceof InterruptedError) throw await interrupted(error, config.name);
    if (!(error instanceof TerraformError) || error.isLocked) throw error;
    throw await failed(error, props, log);
  }
}

/** The state has changed meanwhile, and a saved plan holds for one state only. What was not shown is not done. */
async function planAgain(
  approved: Plan,
  planFile: string,
  { stack, lock, planOptions }: DeployProps,
): Promise<void> {
  const plan = await makePlan(stack.terraform, { file: planFile, options: [...lock, ...planOptions] });
  const known = new Map(approved.changes.map(({ address, actions }) => [address, actions]));
  const news = plan.changes.filter(({ address, actions }) => {
    const before = known.get(address) ?? [];
    return !actions.every((action) => before.includes(action));
  });
  if (news.length === 0) return;
  throw new UserError(
    `the engine has changed since the plan was shown: ${news.map(({ address, actions }) => `${address} (${actions.join(", ")})`).join("; ")}`,
    "deploy again to see the plan as it is now",
  );
}

/** By a second Ctrl-C docker cannot be asked. */
async function interrupted({ signal, done }: InterruptedError, platform: string): Promise<InterruptedError> {
  const away = await summarizeFailures(platform).catch(() => ["what runs is not known"]);
  return new InterruptedDeployment(signal, [done, ...away].join("\n  "), "changed in part", GO_ON);
}

async function failed(error: TerraformError, props: DeployProps, log: string): Promise<DeploymentError> {
  const { home, stack, lock, progress } = props;
  const { terraform, config } = stack;
  // Before the rollback, which takes the containers away.
  const report = await reportFailures(config.name);
  const back = props.rollBack
    ? await rollBack({
        home,
        platform: config.name,
        terraform,
        existing: await readExisting(terraform),
        lock,
        log: join(stateFolder(home), "rollback.log"),
        progress,
      })
    : ({
        state: "changed in part",
        text: "Not rolled back, as --no-rollback says: the platform is changed in part.",
      } as const);
  return new DeploymentError(
    [error.problem, ...report, back.text].join("\n\n"),
    `correct the cause and deploy again; all of Terraform's output is in ${log}`,
    back.state,
  );
}

async function notReady(platform: string, reasons: readonly string[]): Promise<DeploymentError> {
  return new DeploymentError(
    [
      "the platform is deployed and not ready:",
      ...reasons.map((reason) => `  ${reason}`),
      ...(await reportFailures(platform)),
    ].join("\n"),
    "see docs/operations.md, “When something is wrong”; once it is fixed, npm run deploy says whether it is ready",
    "applied, not ready",
  );
}

import { type Command, InvalidArgumentError } from "commander";
import { loadPlatform } from "../../constructs";
import { platformFile, shownFile } from "../../constructs/config/platform-file";
import { deployPlatform, refuseDataLoss } from "../apply/deploy-platform";
import { DeploymentError } from "../apply/deployment-error";
import { betweenSteps, InterruptedDeployment } from "../apply/interruption";
import { abortRotation } from "../rotation/abort-rotation";
import { removeEndedGrace, SECRET_WITH_GRACE } from "../rotation/master-key-grace";
import { pendingRotation } from "../rotation/pending-rotation";
import {
  findRotatable,
  plainName,
  type RotatableSecret,
  rotatableSecrets,
} from "../rotation/rotatable-secrets";
import {
  type BegunRotation,
  type Rotation,
  rotateSecret,
  SECRET_OF_STORED_KEYS,
} from "../rotation/rotate-secret";
import { sluiceHome } from "../sluice-home";
import { confirm } from "../terminal/confirm";
import { InterruptedError } from "../terminal/interrupted-error";
import { Progress } from "../terminal/progress";
import { UserError } from "../terminal/user-error";
import type { Plan } from "../terraform/planned-changes";
import { prepareStack } from "../terraform/prepare";
import { readState } from "../terraform/state";
import { parseDuration } from "./parse-duration";

interface RotateOptions {
  readonly list?: boolean;
  readonly abort?: boolean;
  readonly yes?: boolean;
  readonly grace?: number;
  readonly lockTimeout: string;
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
const MOST_GRACE_SECONDS = 30 * 86_400;

/** `sluice rotate <secret>`: new value → plan → your word → apply → the new one is taken, the former one is not. */
export function registerRotate(program: Command): void {
  program
    .command("rotate")
    .description("give a secret a new value while the platform runs")
    .argument("[secret]", "such as gateway_master_key or ANTHROPIC_API_KEY; see --list")
    .option("--list", "show what can be rotated")
    .option(
      "--grace <duration>",
      "how long the former master key stays valid, such as 30m, 24h or 7d; 0 ends it at once (default: 24h)",
      parseGrace,
    )
    .option("--abort", "abandon a rotation that was interrupted before the new value was used")
    .option("-y, --yes", "rotate without asking, for CI")
    .option(
      "--lock-timeout <duration>",
      "how long to wait for another run on the same state, such as 5m",
      parseDuration,
      "0s",
    )
    .addHelpText(
      "after",
      `
The new value is made here, or taken from the environment where it is a provider's credential. No value is ever shown.
The former value is kept in rotation.json beside the secret file until the new one is in force. A rotation that failed
or was interrupted resumes with the same new value: run the same command again. A grace is counted from then.`,
    )
    .action(rotate);
}

async function rotate(asked: string | undefined, options: RotateOptions): Promise<void> {
  if (options.abort === true) {
    await abort(asked, options);
    return;
  }
  const file = platformFile();
  const config = loadPlatform(file);
  if (options.list === true) {
    console.log(listing(rotatableSecrets(config)));
    return;
  }
  if (asked === undefined) {
    throw new UserError(
      "rotate needs the name of a secret",
      `npm run sluice -- rotate --list shows them: ${rotatableSecrets(config)
        .map(({ name }) => name)
        .join(", ")}`,
    );
  }
  const secret = findRotatable(asked, config);
  if (options.grace !== undefined && secret.name !== SECRET_WITH_GRACE) {
    throw new UserError(
      `--grace is for ${SECRET_WITH_GRACE}; ${secret.source === "environment" ? `how long the former ${secret.name} stays valid is the provider's to say` : `of ${secret.name} only one value is taken at a time`}`,
      "rotate it without --grace",
    );
  }
  const home = sluiceHome();
  const platform = readState(home)?.name;
  if (platform === undefined) {
    throw new UserError(
      `nothing is deployed from ${home}, so ${secret.name} is in use nowhere`,
      "deploy first: npm run deploy",
    );
  }
  const progress: RotationProgress = { isAgreed: false };
  const rotation = await rotateSecret({
    home,
    secret,
    graceSeconds: options.grace,
    platform,
    deploy: (begun) => deploy(secret, begun, options, shownFile(file), progress),
    changed: (error) => progress.isAgreed && !isRefusal(error),
  });
  console.log(`\n${outcome(secret, rotation)}`);
}

async function abort(asked: string | undefined, { lockTimeout }: RotateOptions): Promise<void> {
  const home = sluiceHome();
  const pending = pendingRotation(home);
  if (pending === undefined) {
    throw new UserError(
      "no rotation is unfinished, so there is none to give up",
      "see npm run sluice -- rotate --list",
    );
  }
  if (asked !== undefined && plainName(asked) !== plainName(pending.secret)) {
    throw new UserError(
      `the rotation that is unfinished is that of ${pending.secret}, not of ${asked}`,
      "npm run sluice -- rotate --abort gives it up",
    );
  }
  const progress = new Progress();
  const { terraform } = await betweenSteps(() => prepareStack(progress, { purpose: "destroy" }));
  // The run that was begun for it may go on by itself; Terraform alone can tell whether somebody has the state.
  const plan = ["plan", "-input=false", "-destroy", "-refresh=false", `-lock-timeout=${lockTimeout}`];
  await progress.step("Looking whether a run is under way", () => terraform.run(plan, { output: "collect" }));
  await progress.step(`Looking whether anything has the new ${pending.secret}`, () =>
    abortRotation({ home, pending, deployed: readState(home) }),
  );
  console.log(
    `\nThe rotation of ${pending.secret} is given up: the former value is stored, and nothing else was changed.`,
  );
}

interface RotationProgress {
  /** Whether the user has agreed to the plan; nothing is changed before. */
  isAgreed: boolean;
}

/** Errors that end a deployment before the first change. */
function isRefusal(error: unknown): boolean {
  if (error instanceof InterruptedDeployment) return error.platform === "not changed";
  const isLate = error instanceof DeploymentError || error instanceof InterruptedError;
  return error instanceof UserError && !isLate;
}

async function deploy(
  secret: RotatableSecret,
  begun: BegunRotation,
  options: RotateOptions,
  file: string,
  rotation: RotationProgress,
): Promise<boolean> {
  const start = performance.now();
  const progress = new Progress();
  const stack = await betweenSteps(() => prepareStack(progress, { purpose: "change" }));
  await removeEndedGrace(sluiceHome(), stack.config.name);
  const { result } = await deployPlatform({
    home: sluiceHome(),
    file,
    stack,
    planOptions: [],
    lock: [`-lock-timeout=${options.lockTimeout}`],
    detach: false,
    rollBack: true,
    progress,
    to: process.stdout,
    full: false,
    acceptDataLoss: false,
    warnings: [],
    confirm: async (plan) => {
      console.log(`\n${describeRotation(secret, begun, plan)}`);
      if (options.yes === true) refuseDataLoss(plan.summary.risks);
      const isAgreed = options.yes === true || (await confirm(`Rotate ${secret.name}?`));
      if (isAgreed && begun.graceSeconds > 0 && performance.now() - start > begun.graceSeconds * 1000) {
        throw new UserError(
          `the grace of the former key, until ${begun.formerValidUntil}, has ended before the change could begin; nothing was changed`,
          "rotate again with a longer --grace",
        );
      }
      rotation.isAgreed = isAgreed;
      return isAgreed;
    },
  });
  return result !== "declined";
}

/** What a rotation does, in words. */
export function describeRotation(
  secret: RotatableSecret,
  { isResumed, graceSeconds, formerValidUntil }: BegunRotation,
  plan: Pick<Plan, "changes">,
): string {
  const replaced = plan.changes
    .filter(({ type, actions }) => type === "docker_container" && actions.includes("delete"))
    .map(({ before }) => String(before?.["name"] ?? ""))
    // Those deliver files and end.
    .filter((name) => !name.endsWith("-files"))
    .sort();
  const former =
    secret.source === "environment"
      ? "the former key is used no more, and stays valid until you revoke it at the provider"
      : secret.name === SECRET_OF_STORED_KEYS
        ? "the previous value is kept until the next rotation, for what is stored with it"
        : secret.name !== SECRET_WITH_GRACE
          ? "the former value ends at once"
          : formerValidUntil === undefined
            ? "the former key ends at once"
            : `the former key stays valid for ${formatSeconds(graceSeconds)} from now, until ${formerValidUntil}`;
  return [
    `${isResumed ? "Goes on with the interrupted rotation of" : "Rotates"} ${secret.name}: ${former}.`,
    `Containers that are replaced: ${replaced.join(", ") || "none; those concerned follow their files"}.`,
  ].join("\n");
}

function outcome(
  { name, source }: RotatableSecret,
  { result, isResumed, isChecked, formerValidUntil }: Rotation,
): string {
  if (result === "declined")
    return `Nothing was changed.${isResumed ? ` The rotation of ${name} is still unfinished.` : ""}`;
  if (source === "environment")
    return `${name} is delivered. Once a request has been answered with it, revoke the former one at the provider.`;
  const checked = isChecked ? ": the new value is taken" : "";
  if (name === SECRET_OF_STORED_KEYS)
    return `${name} is rotated: stored keys are encrypted with the new one within a minute, and the previous one is kept until the next rotation. Make a new backup of the secret file.`;
  const former =
    formerValidUntil === undefined
      ? "the former one is refused"
      : `the former one is valid until ${formerValidUntil}`;
  return `${name} is rotated${checked}, ${former}. Make a new backup of the secret file.`;
}

function listing(secrets: readonly RotatableSecret[]): string {
  const width = Math.max(...secrets.map(({ name }) => name.length));
  return secrets.map(({ name, description }) => `${name.padEnd(width)}  ${description}`).join("\n");
}

/** @returns seconds. @throws InvalidArgumentError */
export function parseGrace(text: string): number {
  const match = /^(\d{1,5})([smhd])$/.exec(text);
  const seconds = text === "0" ? 0 : Number(match?.[1]) * (UNITS[match?.[2] ?? ""] ?? Number.NaN);
  if (seconds <= MOST_GRACE_SECONDS) return seconds;
  throw new InvalidArgumentError(
    "It is 0, or seconds, minutes, hours or days, such as 30m, 24h or 7d; at most 30d.",
  );
}

function formatSeconds(seconds: number): string {
  const unit =
    ["d", "h", "m"].find((one) => seconds % (UNITS[one] ?? 1) === 0 && seconds > (UNITS[one] ?? 1)) ?? "s";
  return `${seconds / (UNITS[unit] ?? 1)}${unit}`;
}

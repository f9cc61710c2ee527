import { basename } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { loadPlatform } from "../../constructs";
import { platformFile } from "../../constructs/config/platform-file";
import { deployPlatform } from "../apply/deploy-platform";
import { DeploymentError } from "../apply/deployment-error";
import { findRotatable, type RotatableSecret, rotatableSecrets } from "../rotation/rotatable-secrets";
import { type Rotation, rotateSecret } from "../rotation/rotate-secret";
import { sluiceHome } from "../sluice-home";
import { ignoreClosedOutput } from "../terminal/closed-output";
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
  readonly yes?: boolean;
  readonly grace: number;
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
      "how long the former master key stays valid, such as 30m, 24h or 7d; 0 ends it at once",
      parseGrace,
      UNITS["d"] ?? 0,
    )
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
or was interrupted goes on with the same new value: run the same command again.`,
    )
    .action(rotate);
}

async function rotate(asked: string | undefined, options: RotateOptions): Promise<void> {
  ignoreClosedOutput();
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
    deploy: () => deploy(secret, options, basename(file), progress),
    changed: (error) => progress.isAgreed && !isRefusal(error),
  });
  console.log(`\n${outcome(secret, rotation)}`);
}

interface RotationProgress {
  /** Whether the user has agreed to the plan; nothing is changed before. */
  isAgreed: boolean;
}

/** Errors that end a deployment before the first change. */
function isRefusal(error: unknown): boolean {
  const isLate = error instanceof DeploymentError || error instanceof InterruptedError;
  return error instanceof UserError && !isLate;
}

async function deploy(
  secret: RotatableSecret,
  options: RotateOptions,
  file: string,
  rotation: RotationProgress,
): Promise<boolean> {
  const progress = new Progress();
  const stack = await prepareStack(progress, { purpose: "change" });
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
    confirm: async (plan) => {
      console.log(`\n${describeRotation(secret, options.grace, plan)}`);
      rotation.isAgreed = options.yes === true || (await confirm(`Rotate ${secret.name}?`));
      return rotation.isAgreed;
    },
  });
  return result !== "declined";
}

/** What a rotation does, in words. */
export function describeRotation(
  secret: RotatableSecret,
  graceSeconds: number,
  plan: Pick<Plan, "changes">,
): string {
  const replaced = plan.changes
    .filter(({ type, actions }) => type === "docker_container" && actions.includes("delete"))
    .map(({ before }) => String(before?.["name"] ?? ""))
    // Those deliver files and end.
    .filter((name) => !name.endsWith("-files"))
    .sort();
  const former =
    secret.name !== "gateway_master_key"
      ? "the former value ends at once"
      : graceSeconds > 0
        ? `the former key stays valid for ${formatSeconds(graceSeconds)}`
        : "the former key ends at once";
  return [
    `Rotates ${secret.name}: ${former}.`,
    `Containers that are replaced: ${replaced.join(", ") || "none; those concerned follow their files"}.`,
  ].join("\n");
}

function outcome(
  { name, source }: RotatableSecret,
  { result, isChecked, formerValidUntil }: Rotation,
): string {
  if (result === "declined") return "Nothing was changed.";
  if (source === "environment")
    return `${name} is delivered. Once a request has been answered with it, revoke the former one at the provider.`;
  const checked = isChecked ? ": the new value is taken" : "";
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

import { PREVIOUS_ENCRYPTION_KEY } from "../../constructs/key-provisioner";
import { betweenSteps } from "../apply/interruption";
import { readSecrets, writeSecrets } from "../secrets/secret-store";
import { InterruptedError } from "../terminal/interrupted-error";
import { UserError } from "../terminal/user-error";
import { checkInForce } from "./check-in-force";
import { graceEnd, graceOf, SECRET_WITH_GRACE } from "./master-key-grace";
import { newValue } from "./new-value";
import {
  beginRotation,
  describePending,
  endRotation,
  type PendingRotation,
  pendingRotation,
  reviseRotation,
  undoRotation,
} from "./pending-rotation";
import type { RotatableSecret } from "./rotatable-secrets";

/** How long the former master key stays valid where nothing else was said, in seconds. */
const DEFAULT_GRACE_SECONDS = 86_400;

/** The secret whose former value is kept until the next rotation: what was stored with it is read with it, and stored anew. */
export const SECRET_OF_STORED_KEYS = "key_encryption_key";

/** What is about to be deployed. */
export interface BegunRotation {
  /** Whether it resumes with the value that an interrupted rotation generated. */
  readonly isResumed: boolean;
  /** For how long the former value stays valid, in seconds, from when this was asked; 0 where it ends at once. */
  readonly graceSeconds: number;
  /** Instant of that by the database's clock; undefined without a grace. */
  readonly formerValidUntil: string | undefined;
}

/** How to rotate. */
export interface RotateProps {
  readonly home: string;
  readonly secret: RotatableSecret;
  /** For how long the former master key stays valid, in seconds. Others have no grace. @default as the rotation that is gone on with was told, else a day */
  readonly graceSeconds: number | undefined;
  /** Name of the platform that is deployed. */
  readonly platform: string;
  /**
   * Brings what is in the secret file into force. @returns false when the user does not want it
   * @throws whatever went wrong; `changed` says whether anything was changed then
   */
  readonly deploy: (begun: BegunRotation) => Promise<boolean>;
  /** Whether a deployment that failed so may have changed anything. */
  readonly changed: (error: unknown) => boolean;
  /** @default newValue */
  readonly makeValue?: typeof newValue;
  /** @default graceOf */
  readonly grace?: typeof graceOf;
  /** @default checkInForce */
  readonly check?: typeof checkInForce;
}

/** What came of it. */
export interface Rotation {
  readonly result: "rotated" | "declined";
  readonly isResumed: boolean;
  /** Whether it was seen that the new value is taken and the former one is not. */
  readonly isChecked: boolean;
  /** Instant at which the former master key ends; undefined where it has no grace. */
  readonly formerValidUntil: string | undefined;
}

/**
 * Gives a secret a new value: stored first, with the former one kept beside it, then deployed, then looked at. One that was interrupted is
 * gone on with, with the value that it had got; the grace of the former one is counted from now, since nobody could use it knowingly before.
 * @throws UserError when nothing was changed: the secret file is as it was then. Else the error says how to go on.
 */
export async function rotateSecret(props: RotateProps): Promise<Rotation> {
  const { home, secret, platform, deploy, changed, check = checkInForce } = props;
  const before = readSecrets(home);
  const { pending, ...begun } = await begin(before, props);
  const { isResumed, formerValidUntil } = begun;
  // What an interrupted rotation has made may be in force somewhere: it is not given up by a no.
  const giveBack = () => (isResumed ? writeSecrets(home, before) : undoRotation(home, pending));
  try {
    if (!(await deploy(begun))) {
      giveBack();
      return { result: "declined", isResumed, isChecked: false, formerValidUntil: undefined };
    }
  } catch (error) {
    if (!changed(error)) giveBack();
    throw changed(error) || isResumed ? withNextStep(error, secret.name) : error;
  }
  try {
    const isChecked = await betweenSteps((steps) =>
      check({
        platform,
        variable: secret.variable,
        value: readSecrets(home)[secret.variable] ?? "",
        former: pending.former[secret.variable] || undefined,
        formerValidUntil,
        onWait: () =>
          steps.checkpoint(
            `the new ${secret.name} is deployed; whether it is taken, and the former one refused, is not known`,
            "applied, readiness unknown",
          ),
      }),
    );
    endRotation(home);
    return { result: "rotated", isResumed, isChecked, formerValidUntil };
  } catch (error) {
    throw withNextStep(error, secret.name);
  }
}

async function begin(
  stored: Readonly<Record<string, string>>,
  props: RotateProps,
): Promise<BegunRotation & { readonly pending: PendingRotation }> {
  const { home, secret, platform, makeValue = newValue, grace = graceOf } = props;
  const { name, variable } = secret;
  const found = pendingRotation(home);
  if (found !== undefined && found.secret !== name) {
    throw new UserError(
      describePending(found),
      `end it first: npm run sluice -- rotate ${found.secret}; or give it up: npm run sluice -- rotate --abort`,
    );
  }
  const present = stored[variable] ?? "";
  const former = found === undefined ? present : (found.former[variable] ?? "");
  // It may have been killed before it had stored a value.
  const isResumed = found !== undefined && present !== former;
  const value = isResumed ? present : makeValue({ secret, stored });
  const hasGrace = name === SECRET_WITH_GRACE;
  const graceSeconds = hasGrace ? (props.graceSeconds ?? found?.graceSeconds ?? DEFAULT_GRACE_SECONDS) : 0;
  const values = {
    [variable]: value,
    ...(hasGrace ? await grace(former, graceSeconds, platform) : {}),
    ...(name === SECRET_OF_STORED_KEYS ? { [PREVIOUS_ENCRYPTION_KEY]: former } : {}),
  };
  const asked = { secret: name, ...(hasGrace ? { graceSeconds } : {}) };
  const pending = found === undefined ? beginRotation(home, asked, values) : { ...found, ...asked };
  if (found !== undefined) reviseRotation(home, pending, values);
  return { pending, isResumed, graceSeconds, formerValidUntil: hasGrace ? graceEnd(values) : undefined };
}

function withNextStep(error: unknown, name: string): unknown {
  if (!(error instanceof UserError)) return error;
  const step = `the new ${name} is in the secret file, and the former one is kept beside it; go on with the same value: npm run sluice -- rotate ${name}`;
  const remedy = error.remedy === undefined ? step : `${error.remedy}\n  → ${step}`;
  return error instanceof InterruptedError
    ? new InterruptedError(error.signal, error.done, remedy)
    : new UserError(error.problem, remedy);
}

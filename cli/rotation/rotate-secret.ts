import { readSecrets } from "../secrets/secret-store";
import { InterruptedError } from "../terminal/interrupted-error";
import { UserError } from "../terminal/user-error";
import { checkInForce } from "./check-in-force";
import { newValues } from "./new-values";
import {
  beginRotation,
  endRotation,
  type PendingRotation,
  pendingRotation,
  undoRotation,
} from "./pending-rotation";
import type { RotatableSecret } from "./rotatable-secrets";

/** How to rotate. */
export interface RotateProps {
  readonly home: string;
  readonly secret: RotatableSecret;
  /** For how long the former master key stays valid, in seconds; others have no grace. */
  readonly graceSeconds: number;
  /** Name of the platform that is deployed. */
  readonly platform: string;
  /**
   * Brings what is in the secret file into force. @returns false when the user does not want it
   * @throws whatever went wrong; `changed` says whether anything was changed then
   */
  readonly deploy: () => Promise<boolean>;
  /** Whether a deployment that failed so may have changed anything. */
  readonly changed: (error: unknown) => boolean;
  /** @default newValues */
  readonly makeValues?: typeof newValues;
  /** @default checkInForce */
  readonly check?: typeof checkInForce;
}

/** What came of it. */
export interface Rotation {
  readonly result: "rotated" | "declined";
  /** Whether it was seen that the new value is taken and the former one is not. */
  readonly isChecked: boolean;
  /** Instant at which the former master key ends; undefined when it has ended. */
  readonly formerValidUntil: string | undefined;
}

/**
 * Gives a secret a new value: stored first, with the former one kept beside it, then deployed, then looked at. One that was interrupted is
 * gone on with, with the value that it had got.
 * @throws UserError when nothing was changed: the secret file is as it was then. Else the error says how to go on.
 */
export async function rotateSecret(props: RotateProps): Promise<Rotation> {
  const { home, secret, platform, deploy, check = checkInForce } = props;
  const pending = await begin(props);
  try {
    if (!(await deploy())) {
      undoRotation(home, pending);
      return { result: "declined", isChecked: false, formerValidUntil: undefined };
    }
  } catch (error) {
    throw afterFailure(error, pending, props);
  }
  const values = readSecrets(home);
  const validUntil =
    secret.name === "gateway_master_key" ? values["gateway_master_key_previous_valid_until"] : undefined;
  const formerValidUntil =
    validUntil !== undefined && Date.parse(validUntil) > Date.now() ? validUntil : undefined;
  try {
    const isChecked = await check({
      platform,
      variable: secret.variable,
      value: values[secret.variable] ?? "",
      former: pending.former[secret.variable] || undefined,
      hasGrace: formerValidUntil !== undefined,
    });
    endRotation(home);
    return { result: "rotated", isChecked, formerValidUntil };
  } catch (error) {
    throw withNextStep(error, secret.name);
  }
}

async function begin(props: RotateProps): Promise<PendingRotation> {
  const { home, secret, makeValues = newValues } = props;
  const pending = pendingRotation(home);
  if (pending?.secret === secret.name) return pending;
  if (pending !== undefined) {
    throw new UserError(
      `the rotation of ${pending.secret}, begun at ${pending.startedAt}, has not ended`,
      `end it first: npm run sluice -- rotate ${pending.secret}`,
    );
  }
  return beginRotation(home, secret.name, await makeValues({ ...props, stored: readSecrets(home) }));
}

/** Puts the former value back where that is certain to be the one in force. */
function afterFailure(
  error: unknown,
  pending: PendingRotation,
  { home, secret, changed }: RotateProps,
): unknown {
  if (changed(error)) return withNextStep(error, secret.name);
  undoRotation(home, pending);
  return error;
}

function withNextStep(error: unknown, name: string): unknown {
  if (!(error instanceof UserError)) return error;
  const step = `the new ${name} is in the secret file, and the former one is kept beside it; go on with the same value: npm run sluice -- rotate ${name}`;
  const remedy = error.remedy === undefined ? step : `${error.remedy}\n  → ${step}`;
  return error instanceof InterruptedError
    ? new InterruptedError(error.signal, error.problem.replace(/^interrupted by \w+: /, ""), remedy)
    : new UserError(error.problem, remedy);
}

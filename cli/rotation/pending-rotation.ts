import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writePrivateFile } from "../private-file";
import { readSecrets, secretFile, writeSecrets } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";

const PendingRotation = z.strictObject({
  /** Name of the secret. */
  secret: z.string(),
  startedAt: z.string(),
  /** For how long the former value was to stay valid, in seconds; only of a secret that has a grace. */
  graceSeconds: z.number().int().min(0).optional(),
  /** Former values of the Terraform variables that have others now; an empty one was not there. */
  former: z.record(z.string(), z.string()),
});

/** A rotation whose new value is in the secret file and may not be in force everywhere. */
export type PendingRotation = z.infer<typeof PendingRotation>;

/** Says that a rotation is pending, for a person. */
export function describePending({
  secret,
  startedAt,
}: Pick<PendingRotation, "secret" | "startedAt">): string {
  return `the rotation of ${secret}, begun at ${startedAt}, has not ended`;
}

/** Where the former values are until the new ones are in force: mode 0600, beside the secret file. */
export function rotationFile(home: string): string {
  return join(home, "rotation.json");
}

/** @returns undefined when none is pending. @throws UserError when the file is damaged: it holds the only copy of the former values */
export function pendingRotation(home: string): PendingRotation | undefined {
  const file = rotationFile(home);
  if (!existsSync(file)) return undefined;
  try {
    return PendingRotation.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new UserError(
      `${file}, which holds the former value of a secret, is damaged, so it is left as it is`,
      `look into it; with the values of ${secretFile(home)} in force, which \`npm run deploy\` ends with, it can be deleted`,
    );
  }
}

/**
 * Puts new values into the secret file. The former ones are kept first, so that nothing is lost whenever this ends.
 * @param values by Terraform variable; an empty one removes it
 * @throws UserError when another rotation is pending
 */
export function beginRotation(
  home: string,
  { secret, graceSeconds }: Pick<PendingRotation, "secret" | "graceSeconds">,
  values: Readonly<Record<string, string>>,
): PendingRotation {
  const stored = readSecrets(home);
  const former = Object.fromEntries(Object.keys(values).map((name) => [name, stored[name] ?? ""]));
  const pending: PendingRotation = { secret, startedAt: new Date().toISOString(), graceSeconds, former };
  keep(rotationFile(home), pending);
  writeSecrets(home, merge(stored, values));
  return pending;
}

/**
 * Puts other new values into the secret file; the former ones that are kept stay.
 * @param values by Terraform variable; an empty one removes it
 */
export function reviseRotation(
  home: string,
  pending: PendingRotation,
  values: Readonly<Record<string, string>>,
): void {
  writePrivateFile(rotationFile(home), textOf(pending));
  writeSecrets(home, merge(readSecrets(home), values));
}

/** Puts the former values back. */
export function undoRotation(home: string, { former }: PendingRotation): void {
  writeSecrets(home, merge(readSecrets(home), former));
  endRotation(home);
}

/** Forgets the former values: the new ones are in force. */
export function endRotation(home: string): void {
  rmSync(rotationFile(home), { force: true });
}

function merge(
  stored: Readonly<Record<string, string>>,
  values: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries({ ...stored, ...values }).filter(([, value]) => value !== ""));
}

function keep(file: string, pending: PendingRotation): void {
  let descriptor: number;
  try {
    descriptor = openSync(file, "wx", 0o600);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST") throw cause;
    throw new UserError(`another rotation is in progress: ${file} exists`, "wait for it to end");
  }
  writeSync(descriptor, textOf(pending));
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function textOf(pending: PendingRotation): string {
  return `${JSON.stringify(pending, null, 2)}\n`;
}

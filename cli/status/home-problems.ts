import { describePending, pendingRotation } from "../rotation/pending-rotation";
import { missingSecrets, readSecrets, secretFile } from "../secrets/secret-store";
import { UserError } from "../terminal/user-error";
import { stateSecrets } from "../terraform/state";
import type { Problem } from "./platform-status";
import type { RecordedPlatform } from "./recorded-state";

/**
 * What is wrong with the home of a platform that may run well: the next command that changes something would stop at it, or the platform
 * could not be recovered.
 * @param recorded what is deployed from it; undefined when nothing is, or its state cannot be read
 * @param fault why the state cannot be read
 */
export function homeProblems(
  home: string,
  recorded: RecordedPlatform | undefined,
  fault: UserError | undefined,
): Problem[] {
  if (fault !== undefined) return [toProblem(fault)];
  return recorded === undefined
    ? []
    : [...check(() => secretProblems(home)), ...check(() => rotationProblems(home))];
}

function secretProblems(home: string): Problem[] {
  const stored = readSecrets(home);
  const isFileLost = Object.keys(stored).length === 0;
  const deployed = stateSecrets(home);
  // One that only this checkout knows is made by the next deploy.
  const missing = missingSecrets(stored).filter((name) => isFileLost || deployed[name]);
  if (missing.length === 0) return [];
  return [
    {
      what: isFileLost
        ? `the secret file is lost: ${secretFile(home)}`
        : `${secretFile(home)} lacks secrets of what is deployed: ${missing.join(", ")}`,
      remedy: "restore the file from your backup, or: npm run sluice -- init --recover-from-state",
    },
  ];
}

function rotationProblems(home: string): Problem[] {
  const pending = pendingRotation(home);
  if (pending === undefined) return [];
  return [{ what: describePending(pending), remedy: `npm run sluice -- rotate ${pending.secret}` }];
}

/** A file that is damaged is a problem like another. */
function check(look: () => Problem[]): Problem[] {
  try {
    return look();
  } catch (error) {
    if (error instanceof UserError) return [toProblem(error)];
    throw error;
  }
}

function toProblem({ problem, remedy }: UserError): Problem {
  return { what: problem, remedy: remedy ?? "" };
}

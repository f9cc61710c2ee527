import { readSecrets } from "../secrets/secret-store";
import { graceEnd, SECRET_WITH_GRACE } from "./master-key-grace";
import { describePending, pendingRotation } from "./pending-rotation";

/** What a deploy does to a rotation that has not ended, for a person; nothing where there is none. */
export function describeUnfinished(home: string): string[] {
  const pending = pendingRotation(home);
  if (pending === undefined) return [];
  const { secret, former } = pending;
  const variable = secret.toLowerCase();
  const values = readSecrets(home);
  const isStored = values[variable] !== former[variable];
  const end = secret === SECRET_WITH_GRACE ? graceEnd(values) : undefined;
  const effect = isStored
    ? `A deploy brings the new value into force; the former one ${end === undefined ? "ends" : `ends at ${end}`}, stays in rotation.json, and is not checked for being refused`
    : "It has not stored a new value yet, so a deploy brings the former one into force";
  return [
    `${describePending(pending)}. ${effect}. End it: npm run sluice -- rotate ${secret}; or, as long as nothing has the new value: npm run sluice -- rotate --abort`,
  ];
}

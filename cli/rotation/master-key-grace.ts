import { PREVIOUS_MASTER_KEY } from "../../constructs/gateway";
import { readSecrets, writeSecrets } from "../secrets/secret-store";
import { databaseTime } from "./database-time";

/** The secret that has a grace: its former value stays valid for a while. */
export const SECRET_WITH_GRACE = "gateway_master_key";

const { key: KEY, validUntil: VALID_UNTIL } = PREVIOUS_MASTER_KEY;

/**
 * The former master key and its end by Terraform variable; both empty without a grace.
 * @param seconds from now on
 * @throws UserError when the database cannot be asked for its time
 */
export async function graceOf(
  former: string,
  seconds: number,
  platform: string,
): Promise<Record<string, string>> {
  if (seconds === 0 || former === "") return { [KEY]: "", [VALID_UNTIL]: "" };
  const end = new Date((await databaseTime(platform)) + seconds * 1000);
  return { [KEY]: former, [VALID_UNTIL]: `${end.toISOString().slice(0, 19)}Z` };
}

/** When the former master key ends, of what is stored; undefined when there is none. */
export function graceEnd(stored: Readonly<Record<string, string>>): string | undefined {
  return stored[KEY] ? stored[VALID_UNTIL] : undefined;
}

/**
 * Takes a former master key whose grace has ended out of the secret file: every gateway refuses it already. Where the database cannot
 * be asked for its time, it stays until the next time.
 * @returns whether there was one
 */
export async function removeEndedGrace(
  home: string,
  platform: string,
  now: typeof databaseTime = databaseTime,
): Promise<boolean> {
  const end = graceEnd(readSecrets(home));
  if (end === undefined) return false;
  const time = await now(platform).catch(() => undefined);
  if (time === undefined || Date.parse(end) > time) return false;
  const { [KEY]: _key, [VALID_UNTIL]: _end, ...others } = readSecrets(home);
  writeSecrets(home, others);
  return true;
}

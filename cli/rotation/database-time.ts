import { docker } from "../docker/docker";
import { UserError } from "../terminal/user-error";

/**
 * What time it is by the database, in milliseconds since 1970: gateways go by it, whatever this machine's clock says.
 * @throws UserError when the database cannot be asked
 */
export async function databaseTime(platform: string): Promise<number> {
  const stdout = await docker([
    "exec",
    `${platform}-postgres`,
    "psql",
    "--username=postgres",
    "--no-psqlrc",
    "--tuples-only",
    "--no-align",
    "--command=SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)",
  ]);
  const time = Number(stdout.trim());
  if (stdout.trim() !== "" && Number.isSafeInteger(time)) return time;
  throw new UserError("the database does not say what time it is, which the end of a grace is counted from");
}

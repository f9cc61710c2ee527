import { sluiceHome } from "./sluice-home";
import { outputFolder } from "./stack-folder";
import { UserError } from "./terminal/user-error";

const REASONS: Readonly<Record<string, string>> = {
  EROFS: "the file system is read-only",
  EACCES: "your user may not",
  EPERM: "your user may not",
  ENOTDIR: "there is a file where a folder should be",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
};

/** What to do about a full disk. */
export const MAKE_ROOM =
  "free some space: npm run sluice -- images prune, docker system df; then run the command again";

/**
 * The error for a home that cannot be written to, whichever file of it was the first to meet that.
 * @param error of node:fs
 * @returns undefined for every other error
 */
export function explainUnwritable(
  error: unknown,
  env: NodeJS.ProcessEnv = process.env,
): UserError | undefined {
  const { code = "", path } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  const reason = REASONS[code];
  if (reason === undefined) return undefined;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const home = sluiceHome(env);
  const isOurs = (file: string) => [home, outputFolder(env)].some((one) => `${file}/`.startsWith(`${one}/`));
  // A file that is open already is not named.
  if (path === undefined ? !isFull : !isOurs(path)) return undefined;
  return new UserError(
    `${path ?? home} cannot be written: ${reason} (${code})`,
    isFull
      ? MAKE_ROOM
      : `secrets, state and plans are kept in ${home}, which must be a folder that your user may write to: make it so, or name another home with SLUICE_HOME`,
  );
}

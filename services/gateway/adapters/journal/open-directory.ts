import { accessSync, constants, mkdirSync } from "node:fs";
import { ConfigError } from "../../../shared/config-error";

/**
 * Makes the journal's directory, mode 0700 when it is new.
 * @throws ConfigError when it cannot be made or written
 */
export function openDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError([
      `JOURNAL_DIRECTORY: ${path} cannot be written (${(error as NodeJS.ErrnoException).code}); ` +
        "give the gateway's user a directory of its own, or remove the variable to work without a journal",
    ]);
  }
}

import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { openHome, sluiceHome } from "../sluice-home";
import { UserError } from "../terminal/user-error";

/** Everything local mode keeps. */
export interface DataFolder {
  readonly root: string;
  /** The folders of ours that everything lies in, outermost first. */
  readonly own: readonly string[];
  /** Database files. */
  readonly postgres: string;
  readonly logs: string;
  /** Audit rows that wait for the database. The gateway makes it. */
  readonly journal: string;
  /** The gateway's configuration, written at each start. */
  readonly gatewayConfig: string;
  /** The key-provisioner's, likewise. */
  readonly keyProvisionerConfig: string;
  /** Names the process that runs here. */
  readonly lock: string;
  /** The port that the database got at its first start. */
  readonly postgresPort: string;
}

/**
 * Opens the data folder, mode 0700 when it is new.
 * @param chosen `--data`, relative to where the user is. @default `local` in the `.sluice` folder
 * @throws UserError when it cannot be used
 */
export function openDataFolder(chosen?: string, env: NodeJS.ProcessEnv = process.env): DataFolder {
  const home = sluiceHome(env);
  const root = chosen === undefined ? join(home, "local") : resolve(chosen);
  const folder = {
    root,
    own: chosen === undefined ? [home, root] : [root],
    postgres: join(root, "postgres"),
    logs: join(root, "logs"),
    journal: join(root, "journal"),
    gatewayConfig: join(root, "config.yaml"),
    keyProvisionerConfig: join(root, "key-provisioner.json"),
    lock: join(root, "sluice.pid"),
    postgresPort: join(root, "postgres.port"),
  };
  if (chosen === undefined) make(home, openHome);
  for (const path of [...folder.own, folder.logs]) make(path, makePrivate);
  return folder;
}

function makePrivate(path: string): void {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o700 });
}

function make(path: string, how: (path: string) => void): void {
  try {
    how(path);
  } catch (error) {
    throw new UserError(
      `the data folder ${path} cannot be made (${(error as NodeJS.ErrnoException).code})`,
      "choose a folder that you may write to: npm start -- --data <folder>",
    );
  }
}

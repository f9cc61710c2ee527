import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { findFreePort, isPortFree, requireFreePort } from "./port";

/**
 * The database's port: the one asked for, else the one it had before, so that a client keeps its
 * settings, else a free one.
 * @param file remembers it
 * @throws UserError when the port asked for is taken
 */
export async function choosePostgresPort(file: string, asked?: number): Promise<number> {
  if (asked !== undefined) await requireFreePort(asked, "database", "--postgres-port");
  const port = asked ?? (await remembered(file)) ?? (await findFreePort());
  writeFileSync(file, `${port}\n`, { mode: 0o600 });
  return port;
}

async function remembered(file: string): Promise<number | undefined> {
  const port = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  return Number.isInteger(port) && port > 0 && port < 65_536 && (await isPortFree(port)) ? port : undefined;
}

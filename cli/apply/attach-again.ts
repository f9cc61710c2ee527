import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { docker } from "../docker/docker";
import { inspectObjects } from "../docker/objects";
import { writePrivateFile } from "../private-file";
import { stateFolder } from "../sluice-home";
import type { Progress } from "../terminal/progress";
import type { Attachment } from "./attachments";

/** Where a home keeps what was disconnected and is not connected again yet. */
function recordFile(home: string): string {
  return join(stateFolder(home), "detached.json");
}

/** Writes down what is about to be disconnected, besides what an earlier run could not connect again. */
export function rememberDetached(home: string, attachments: readonly Attachment[]): void {
  if (attachments.length > 0) write(home, [...readDetached(home), ...attachments]);
}

/**
 * Connects containers that were disconnected to the networks that are there again, under the names that they had; also those of a run
 * that was killed in between. An address that the new subnet does not have is left out.
 * @returns what is not connected, one line each; the next deploy tries again
 */
export async function attachAgain(home: string, progress: Progress): Promise<string[]> {
  const failures: { readonly one: Attachment; readonly reason: string }[] = [];
  for (const one of readDetached(home)) {
    const reason = await attach(one, progress).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (reason !== undefined) failures.push({ one, reason });
  }
  write(
    home,
    failures.map(({ one }) => one),
  );
  return failures.map(({ one, reason }) => `${one.container} is not connected to ${one.network}: ${reason}`);
}

async function attach(attachment: Attachment, progress: Progress): Promise<void> {
  const { network, container, containerId, aliases, address } = attachment;
  const [found] = await inspectObjects("container", [containerId]);
  // It was removed meanwhile, or somebody has connected it.
  if (found === undefined || found.NetworkSettings.Networks[network] !== undefined) return;
  const names = aliases.flatMap((alias) => ["--alias", alias]);
  const connect = (options: readonly string[]) =>
    docker(["network", "connect", ...options, ...names, network, containerId]);
  await progress.step(`Connecting ${container} to ${network}`, async (done) => {
    if (address === undefined) {
      await connect([]);
      return;
    }
    await connect(["--ip", address]).catch(async () => {
      await connect([]);
      done(`not at ${address}, which the network does not have`);
    });
  });
}

function readDetached(home: string): Attachment[] {
  const file = recordFile(home);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Attachment[]) : [];
}

function write(home: string, attachments: readonly Attachment[]): void {
  const file = recordFile(home);
  if (attachments.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  writePrivateFile(file, JSON.stringify(attachments));
}

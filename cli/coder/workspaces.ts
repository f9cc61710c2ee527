import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../terminal/user-error";
import { CoderClient, type CoderWorkspace } from "./coder-client";
import { readCoderTokens } from "./coder-tokens";
import { asOwner, type CoderAdmin } from "./owner-session";

/** How long all of them may take until they are deleted, in milliseconds. */
const DELETION_MS = 10 * 60_000;
const INTERVAL_MS = 2_000;

/** As `ada/api`, which is how Coder names them. */
export function workspaceName({ owner_name, name }: CoderWorkspace): string {
  return `${owner_name}/${name}`;
}

/**
 * All workspaces that there are.
 * @throws UserError when Coder does not answer, or does not accept the platform's token
 */
export async function listWorkspaces(url: string, home: string): Promise<CoderWorkspace[]> {
  const { provider } = readCoderTokens(home);
  const coder = new CoderClient(url);
  // Before anything is said of tokens: without Coder none is any good.
  await coder.version();
  if (provider === undefined) {
    throw new UserError(
      "the platform's token for Coder is missing, so nobody can tell which workspaces there are",
      "have it made again: npm run sluice -- coder bootstrap",
    );
  }
  return coder.as(provider).workspaces();
}

/**
 * Deletes workspaces with their home volumes, and waits until they are gone. Only their users and the owner of Coder may.
 * @throws UserError when one is still there in the end, with the list of those
 */
export async function deleteWorkspaces(
  url: string,
  { admin, home }: { readonly admin: CoderAdmin; readonly home: string },
  workspaces: readonly CoderWorkspace[],
): Promise<void> {
  await asOwner(new CoderClient(url), admin, home, async (owner) => {
    const end = performance.now() + DELETION_MS;
    const begun = new Set<string>();
    let left = workspaces;
    for (;;) {
      for (const { id } of left) {
        if (!begun.has(id) && (await owner.deleteWorkspace(id))) begun.add(id);
      }
      const found = await Promise.all(left.map(({ id }) => owner.workspace(id)));
      left = found.filter((one) => one !== undefined);
      if (left.length === 0) return;
      const failed = left.filter(
        ({ id, latest_build: { status } }) => begun.has(id) && ["failed", "canceled"].includes(status),
      );
      if (failed.length === left.length || performance.now() >= end) break;
      await sleep(INTERVAL_MS);
    }
    throw new UserError(
      `workspaces could not be deleted: ${left.map((one) => `${workspaceName(one)} (${one.latest_build.status})`).join(", ")}`,
      "see the log of their builds in Coder, delete them there, and try again",
    );
  });
}

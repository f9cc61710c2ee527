import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { certificateVariables } from "../container/certificates";
import { type Places, projectsFolder } from "../container/places";

/** Only inside of the workspace: Coder's agent is the way in, and asks who comes. */
export const EDITOR_PORT = 13_337;

/** Where code-server and its supervisor write to. */
const logFile = ({ state }: Pick<Places, "state">) => join(state, "code-server.log");
/** A larger log makes room for a new one; one is kept. */
const MAX_LOG_BYTES = 5 * 1024 * 1024;

/** What code-server is started with. */
export function codeServerArguments(places: Places): string[] {
  return [
    `--bind-addr=127.0.0.1:${EDITOR_PORT}`,
    "--auth=none",
    // Without it folders open in Restricted Mode, where extensions such as Roo Code are off; as a setting of the machine it is ignored.
    "--disable-workspace-trust",
    "--disable-telemetry",
    "--disable-update-check",
    projectsFolder(places),
  ];
}

/** The environment of code-server and of what runs in it: without a key that was typed, which is in a file by then. */
export function editorEnvironment(env: NodeJS.ProcessEnv, places: Places): NodeJS.ProcessEnv {
  const { SLUICE_TYPED_KEY: _, ...rest } = env;
  return { ...rest, ...certificateVariables(places) };
}

/** Opens the log for whoever writes to it by a descriptor. */
export function openEditorLog(places: Places): number {
  const file = logFile(places);
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, "a", 0o600);
}

/** Starts the supervisor, which outlives this program; where one runs already, the new one leaves at once. */
export function startSupervisor(command: readonly string[], env: NodeJS.ProcessEnv, places: Places): void {
  mkdirSync(projectsFolder(places), { recursive: true });
  const [program = "", ...args] = command;
  const output = openEditorLog(places);
  // Nothing of ours may be held open: Coder's agent waits for the end of what a script writes.
  const child = spawn(program, args, {
    detached: true,
    stdio: ["ignore", output, output],
    env: editorEnvironment(env, places),
    cwd: places.home,
  });
  closeSync(output);
  child.unref();
}

/** Waits until code-server answers. @throws Error naming its log when it does not within `limitMs` */
export async function waitForEditor(
  places: Places,
  limitMs: number,
  url = `http://127.0.0.1:${EDITOR_PORT}/healthz`,
): Promise<void> {
  const end = performance.now() + limitMs;
  while (performance.now() < end) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not yet there.
    }
    await sleep(200);
  }
  throw new Error(`code-server did not answer within ${limitMs / 1000} s; its log: ${logFile(places)}`);
}

import { appendFileSync, existsSync, renameSync, statSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ConfigError } from "../shared/config-error";
import { loadConfig, type WorkspaceConfig } from "./container/config";
import { type Places, placesIn } from "./container/places";
import type { Problem } from "./startup/phases";
import { createStartLog } from "./startup/start-log";
import { startWorkspace } from "./startup/start-workspace";

/** A larger log makes room for a new one; one is kept. */
const MAX_LOG_BYTES = 1024 * 1024;

/**
 * `workspace-start`: what Coder's agent runs at each start of a workspace, and a user to try again.
 * Exit code 0: ready, apart from repository or dotfiles. 1: the IDE or an assistant is not as it should be; Coder shows the workspace as
 * unhealthy then, and what did work is usable.
 */
async function main(): Promise<number> {
  const places = placesIn(homedir());
  const logFile = join(places.state, "start.log");
  withoutFault(() => prepareLog(logFile, places));
  const write = (line: string) => {
    process.stdout.write(line);
    withoutFault(() => appendFileSync(logFile, line, { mode: 0o600 }));
  };
  const { CODER_AGENT_TOKEN, SLUICE_TYPED_KEY } = process.env;
  const log = createStartLog(write, [CODER_AGENT_TOKEN, SLUICE_TYPED_KEY]);
  log("start-up", new Date().toISOString());
  const { config, problems: unusable } = readConfig();
  const problems = await startWorkspace({
    config,
    problems: unusable,
    places,
    env: process.env,
    log,
    supervisor: [process.execPath, join(__dirname, "editor.js")],
  });
  return problems.some(({ isEssential }) => isEssential) ? 1 : 0;
}

function prepareLog(logFile: string, places: Places): void {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES)
    renameSync(logFile, `${logFile}.1`);
  // Coder's agent writes what this program says to that file; where there is no agent it is a way to the log.
  if (!existsSync(places.coderLog)) symlinkSync(logFile, places.coderLog);
}

/** On a full disk the workspace starts without this log: its user needs the IDE to make room. */
function withoutFault(write: () => void): void {
  try {
    write();
  } catch {
    // What is said also goes to the agent's log.
  }
}

function readConfig(): { config: WorkspaceConfig | undefined; problems: Problem[] } {
  try {
    return { config: loadConfig(process.env), problems: [] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const message = `the template gives settings that cannot be used: ${error.issues.join("; ")}`;
    const remedy = "tell whoever runs the platform; after its correction, update and restart the workspace";
    return {
      config: undefined,
      problems: [{ phase: "assistants", message, remedy, isEssential: true }],
    };
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);

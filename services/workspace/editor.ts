import { homedir } from "node:os";
import { placesIn } from "./container/places";
import { codeServerArguments, openEditorLog } from "./editor/code-server";
import { Supervisor, takeName } from "./editor/supervise";

/** How long code-server may take to end, in milliseconds. */
const GRACE_MS = 5000;

/** Keeps code-server running, once in a container: its death, such as by `pkill -f code-server`, is over within a second. */
async function main(): Promise<void> {
  const name = await takeName("sluice-editor");
  if (name === undefined) return;
  const places = placesIn(homedir());
  const supervisor = new Supervisor(
    {
      command: "/usr/local/bin/code-server",
      args: codeServerArguments(places),
      env: process.env,
      output: openEditorLog(places),
      steadyMs: 10_000,
      pauseMs: 250,
      maxPauseMs: 30_000,
    },
    (message) => console.log(`${new Date().toISOString()} code-server ${message}`),
  );
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.once(signal, () => void supervisor.stop(GRACE_MS).then(() => process.exit(0)));
  supervisor.start();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

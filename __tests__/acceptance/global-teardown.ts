import { execFileSync } from "node:child_process";
import { join } from "node:path";
import removeTemporaryFolder from "../support/global-teardown";
import { differences, type MachineState, takeMachineState } from "../support/machine/machine-state";

/**
 * Removes what tests made, and ends the engine if, and only if, the set-up started it.
 * @throws Error, which fails the run, where something is left that was not there before
 */
export default function tearDown(): void {
  removeTemporaryFolder();
  const before = JSON.parse(process.env["SLUICE_TEST_MACHINE_BEFORE"] ?? "{}") as MachineState;
  // Before the engine is gone: it knows what is left in it.
  const left = differences(before, takeMachineState());
  stopEngine();
  if (left.length > 0) {
    throw new Error(`The tests have not left this machine as it was:\n  ${left.join("\n  ")}`);
  }
}

function stopEngine(): void {
  if (!process.env["SLUICE_TEST_ENGINE_STARTED"]) return;
  execFileSync("bash", [join(__dirname, "../support/engine/stop-engine.sh")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import removeTemporaryFolder from "../support/global-teardown";

/** Removes what tests made, and ends the engine if, and only if, the set-up started it. */
export default function tearDown(): void {
  removeTemporaryFolder();
  if (!process.env["SLUICE_TEST_ENGINE_STARTED"]) return;
  execFileSync("bash", [join(__dirname, "../support/engine/stop-engine.sh")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
}

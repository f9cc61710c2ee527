import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { BASE_IMAGES } from "../../constructs/service-catalog";
import makeTemporaryFolder from "../support/global-setup";
import { announceCaches } from "../support/machine/announce-caches";
import { takeHomeState, takeMachineState } from "../support/machine/machine-state";

const SUPPORT = join(__dirname, "../support");
const TOOLCHAIN = join(__dirname, "../../tools/toolchain/build.sh");

/**
 * Everything the applied suite needs, made when it is missing: a Terraform core, its providers and a Coder server
 * (built once, cached outside the checkout), an engine, and stand-ins for images that cannot be pulled.
 * Nothing is skipped: what cannot be had fails the run here, with the remedy.
 */
export default function setUp(): void {
  announceCaches();
  const before = takeMachineState();
  const tools = variables(script(TOOLCHAIN));
  // What Go itself keeps in HOME when it builds something is Go's.
  process.env["SLUICE_TEST_MACHINE_BEFORE"] = JSON.stringify({ ...before, ...takeHomeState() });
  const engine = variables(script(join(SUPPORT, "engine/ensure-engine.sh")));
  script(
    join(SUPPORT, "stand-in-images/build.sh"),
    ...Object.entries(BASE_IMAGES).map(([name, reference]) => `${name}=${reference}`),
  );

  process.env["PATH"] = `${tools["PATH_PREPEND"]}:${process.env["PATH"]}`;
  process.env["TF_CLI_CONFIG_FILE"] = tools["TF_CLI_CONFIG_FILE"];
  process.env["TERRAFORM_BINARY_NAME"] = tools["TERRAFORM_BINARY_NAME"];
  process.env["CHECKPOINT_DISABLE"] = "1";
  delete process.env["TF_REATTACH_PROVIDERS"];
  if (engine["ENGINE_PID"]) process.env["SLUICE_TEST_ENGINE_STARTED"] = engine["ENGINE_PID"];
  // After the scripts: what they make is kept from run to run, and what tests make, bundled services among it, is not.
  makeTemporaryFolder();
}

/** Runs a script; its progress goes to the terminal, its settings come back. */
function script(file: string, ...args: string[]): string {
  return execFileSync("bash", [file, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function variables(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

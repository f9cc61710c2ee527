import { DockerProvider } from "@cdktf/provider-docker/lib/provider";
import { App, TerraformStack, Testing } from "cdktf";
import { applyPlatformRules } from "../../constructs/aspects";
import { setContainerDefaults } from "../../constructs/container-defaults";
import type { SynthesizedStack } from "./platform-fixture";

/** A stack that somebody composes of the constructs without `Platform`; rules and validations have run. */
export function synthesizeLibrary(build: (stack: TerraformStack) => void): SynthesizedStack {
  const stack = new TerraformStack(Testing.stubVersion(new App({ stackTraces: false })), "team");
  setContainerDefaults(stack, { prefix: "team", publishAddress: "127.0.0.1", logMegabytes: 10, logFiles: 5 });
  new DockerProvider(stack, "docker");
  build(stack);
  applyPlatformRules(stack, { publishAddress: "127.0.0.1" });
  Testing.synth(stack, true);
  return stack.toTerraform() as SynthesizedStack;
}

/** A container by its name. */
export function containerNamed({ resource }: SynthesizedStack, name: string) {
  const found = Object.values(resource["docker_container"] ?? {}).find((one) => one["name"] === name);
  if (found === undefined) throw new Error(`no container ${name}`);
  return found;
}

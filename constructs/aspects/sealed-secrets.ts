import { type TerraformElement, TerraformStack, TerraformVariable } from "cdktf";
import { resolvedText } from "./resolved-text";
import type { ContainerRule } from "./rule";

/**
 * Secrets go into the environment or an uploaded file, nowhere else: arguments, labels and health
 * checks are shown by `ps` and `docker inspect` to everybody on the host.
 */
export const sealedSecrets: ContainerRule = function* (container) {
  const stack = TerraformStack.of(container);
  const secrets = stack.node
    .findAll()
    .filter((node): node is TerraformVariable => node instanceof TerraformVariable && node.sensitive === true)
    .map((variable) => `var.${(variable as TerraformElement).friendlyUniqueId}`);
  const places: Record<string, unknown> = {
    command: container.commandInput,
    entrypoint: container.entrypointInput,
    labels: container.labelsInput,
    "health check": container.healthcheckInput,
    name: container.nameInput,
    hostname: container.hostnameInput,
  };
  for (const [place, value] of Object.entries(places)) {
    const text = resolvedText(container, value);
    for (const secret of secrets.filter((name) => new RegExp(`\\b${name}\\b`).test(text))) {
      yield { problem: `shows the secret ${secret} in its ${place}`, remedy: "pass it through env or files" };
    }
  }
};

import { type TerraformElement, TerraformStack, TerraformVariable } from "cdktf";
import { DeliveredFiles } from "../delivered-files";
import { resolvedText } from "./resolved-text";
import type { ContainerRule } from "./rule";

/**
 * Secrets go into delivered files, nowhere else: environment, arguments, labels and health checks are shown by `docker inspect`,
 * and an uploaded file stays in the container's layer unless a job takes it away.
 */
export const sealedSecrets: ContainerRule = function* (container) {
  const stack = TerraformStack.of(container);
  const secrets = stack.node
    .findAll()
    .filter((node): node is TerraformVariable => node instanceof TerraformVariable && node.sensitive === true)
    .map((variable) => `var.${(variable as TerraformElement).friendlyUniqueId}`);
  const places: Record<string, unknown> = {
    environment: container.envInput,
    command: container.commandInput,
    entrypoint: container.entrypointInput,
    labels: container.labelsInput,
    "health check": container.healthcheckInput,
    name: container.nameInput,
    hostname: container.hostnameInput,
    ...(container.node.scope?.node.scope instanceof DeliveredFiles
      ? {}
      : { "uploaded files": container.uploadInput }),
  };
  for (const [place, value] of Object.entries(places)) {
    const text = resolvedText(container, value);
    for (const secret of secrets.filter((name) => new RegExp(`\\b${name}\\b`).test(text))) {
      yield {
        problem: `shows the secret ${secret} in its ${place}`,
        remedy: "deliver it as a file: DeliveredFiles",
      };
    }
  }
};

import { writeFileSync } from "node:fs";
import { openState, stateFile } from "../../cli/sluice-home";

/** A container as Terraform's state has it, with the platform's label and the volumes it mounts. */
export function stateContainer(platform: string, service: string, volumes: readonly string[] = []) {
  const attributes = {
    name: `${platform}-${service}`,
    labels: [
      { label: "sluice.baseline", value: "5f2c" },
      { label: "sluice.platform", value: platform },
    ],
    volumes: volumes.map((name) => ({ volume_name: name, container_path: `/mnt/${name}` })),
  };
  return stateResource("docker_container", `sluice_${service}`, attributes);
}

/** A resource as Terraform's state has it. */
export function stateResource(type: string, name: string, attributes: object, key?: string) {
  return { mode: "managed", type, name, instances: [{ index_key: key, attributes }] };
}

/** A state of version 4. */
export function stateText(resources: readonly object[], outputs: object = {}): string {
  return JSON.stringify({ version: 4, serial: 1, outputs, resources });
}

/** Writes the state of a home. */
export function writeState(home: string, text: string): void {
  openState(home);
  writeFileSync(stateFile(home), text);
}

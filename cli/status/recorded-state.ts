import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../terminal/user-error";

/** A container as the last deploy left it. */
export interface RecordedContainer {
  readonly id: string;
  readonly name: string;
  /** Id of its image. */
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isJob: boolean;
}

/** What the last deploy left, as the state has it. */
export interface RecordedPlatform {
  readonly name: string | undefined;
  readonly containers: readonly RecordedContainer[];
  readonly networks: readonly { readonly id: string; readonly name: string }[];
  /** Names with tags. */
  readonly images: readonly string[];
  readonly dataVolumes: readonly string[];
}

const Resource = z.object({
  mode: z.string(),
  type: z.string(),
  instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })),
});
const State = z.object({
  outputs: z.record(z.string(), z.object({ value: z.unknown() })),
  resources: z.array(Resource),
});
const ContainerAttributes = z.object({
  id: z.string(),
  name: z.string(),
  image: z.string(),
  restart: z.string().nullish(),
  labels: z.array(z.object({ label: z.string(), value: z.string() })).nullish(),
});
const Named = z.object({ id: z.string(), name: z.string() });

/**
 * Reads the state of a home, without Terraform.
 * @returns `undefined` when nothing was ever deployed from there
 * @throws UserError when the file cannot be read as a state
 */
export function readRecordedPlatform(home: string): RecordedPlatform | undefined {
  const file = join(home, "state/platform.tfstate");
  if (!existsSync(file)) return undefined;
  try {
    const { outputs, resources } = State.parse(JSON.parse(readFileSync(file, "utf8")));
    const attributesOf = (type: string) =>
      resources
        .filter((resource) => resource.mode === "managed" && resource.type === type)
        .flatMap(({ instances }) => instances.map(({ attributes }) => attributes));
    const containers = attributesOf("docker_container").map((attributes) => {
      const { labels, restart, ...one } = ContainerAttributes.parse(attributes);
      const byName = Object.fromEntries((labels ?? []).map(({ label, value }) => [label, value]));
      return { ...one, labels: byName, isJob: restart === "no" };
    });
    return {
      name: containers.map(({ labels }) => labels["sluice.platform"]).find((name) => name !== undefined),
      containers,
      networks: attributesOf("docker_network").map((attributes) => Named.parse(attributes)),
      images: attributesOf("docker_image").map((attributes) => Named.parse(attributes).name),
      dataVolumes: z.array(z.string()).catch([]).parse(outputs["data_volumes"]?.value),
    };
  } catch {
    throw new UserError(
      `${file} is not a Terraform state that can be read`,
      "restore it from your backup, or from platform.tfstate.backup beside it",
    );
  }
}

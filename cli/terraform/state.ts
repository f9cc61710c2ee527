import { readFileSync } from "node:fs";
import { z } from "zod";
import { NETWORKS, PLATFORM_LABEL } from "../../constructs/engine-names";
import { PLATFORM_STACK, SECRETS_OUTPUT } from "../../constructs/stack-id";
import { stateFile } from "../sluice-home";
import { UserError } from "../terminal/user-error";

/** A resource that Terraform manages, as the state has it. */
export interface StateResource {
  /** Such as `docker_container`. */
  readonly type: string;
  /** Such as `docker_container.sluice_gateway_server_B8548620`. */
  readonly address: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the state says is deployed. It was so after the last apply; the engine may have other news. */
export interface DeployedPlatform {
  /** The state's file. */
  readonly file: string;
  /** `name` of the platform.yaml that was deployed; undefined when the state has neither container nor network. */
  readonly name: string | undefined;
  /** Outputs by name, without those that are sensitive. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Names of the volumes that hold data, sorted. */
  readonly dataVolumes: readonly string[];
  /** Those of them that a container which was made has mounted: they did exist. An interrupted first apply names others already. */
  readonly usedVolumes: readonly string[];
  readonly resources: readonly StateResource[];
}

const Output = z.object({ value: z.unknown(), sensitive: z.boolean().optional() });
const State = z.object({
  version: z.literal(4),
  outputs: z.record(z.string(), Output).default({}),
  resources: z
    .array(
      z.object({
        mode: z.string(),
        type: z.string(),
        name: z.string(),
        instances: z.array(
          z.object({
            index_key: z.union([z.string(), z.number()]).optional(),
            attributes: z.record(z.string(), z.unknown()).default({}),
          }),
        ),
      }),
    )
    .default([]),
});
const Labels = z.array(z.object({ label: z.string(), value: z.string() }));
const Mounts = z.array(z.object({ volume_name: z.string().nullish() }));

/**
 * What is deployed from a home, read from its state without Terraform.
 * @returns undefined when nothing is: no state, or one with neither a resource nor an output
 * @throws UserError when the file cannot be read, is lost or is no state: it is never treated as empty
 */
export function readState(home: string, stack: string = PLATFORM_STACK): DeployedPlatform | undefined {
  const file = stateFile(home, stack);
  const state = parseState(file);
  if (state === undefined) return undefined;
  const resources = state.resources
    .filter(({ mode }) => mode === "managed")
    .flatMap(({ type, name, instances }) =>
      instances.map(({ index_key: key, attributes }) => ({
        type,
        address: `${type}.${name}${key === undefined ? "" : `[${JSON.stringify(key)}]`}`,
        attributes,
      })),
    );
  const outputs = Object.fromEntries(
    Object.entries(state.outputs)
      .filter(([, { sensitive }]) => sensitive !== true)
      .map(([name, { value }]) => [name, value]),
  );
  if (resources.length === 0 && Object.keys(state.outputs).length === 0) return undefined;
  return {
    file,
    name: deployedName(resources),
    outputs,
    dataVolumes: sorted([...listedVolumes(outputs), ...usedVolumes(resources)]),
    usedVolumes: usedVolumes(resources),
    resources,
  };
}

/**
 * Values of the secrets that were deployed last, by variable, as the state has them in the clear.
 * @returns empty when nothing is deployed, or a version that kept no such output
 * @throws UserError as `readState`
 */
export function stateSecrets(home: string): Record<string, string> {
  const value = parseState(stateFile(home))?.outputs[SECRETS_OUTPUT]?.value;
  return z.record(z.string(), z.string()).safeParse(value).data ?? {};
}

function parseState(file: string): z.infer<typeof State> | undefined {
  const text = readText(file);
  // Terraform makes the file when it locks it, and fills it when it has something to say.
  if (text.trim() === "") {
    refuseLostState(file);
    return undefined;
  }
  try {
    return State.parse(JSON.parse(text));
  } catch {
    throw new UserError(
      `the state ${file} is damaged: it is no Terraform state of version 4`,
      `restore it from your backup, or from ${file}.backup, which is the state before the last change. Do not delete it: without it Terraform does not know what is deployed`,
    );
  }
}

/** @returns "" when there is none */
function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return "";
    throw new UserError(
      `the state ${file} cannot be read (${code})`,
      "it must be a file that your user may read",
    );
  }
}

/** Terraform keeps the former state beside the one it writes. After a destroy there is one without resources; without any, it was lost. */
function refuseLostState(file: string): void {
  const backup = `${file}.backup`;
  let former: z.infer<typeof State> | undefined;
  try {
    former = State.parse(JSON.parse(readText(backup)));
  } catch {
    former = undefined;
  }
  if (former === undefined || former.resources.length === 0) return;
  throw new UserError(
    `the state ${file} is lost, and ${backup} says that something was deployed`,
    `restore it from your backup, or take the state before the last change: cp ${backup} ${file}; then npm run deploy brings it up to date`,
  );
}

const NETWORK_NAME = new RegExp(`^(.+)-(?:${NETWORKS.join("|")})$`);

/** Containers have the name as their label; an apply that was interrupted early has made networks only. */
function deployedName(resources: readonly StateResource[]): string | undefined {
  const named = (type: string, read: (attributes: StateResource["attributes"]) => string | undefined) =>
    resources
      .filter((resource) => resource.type === type)
      .map(({ attributes }) => read(attributes))
      .find((name) => name !== undefined);
  const label = ({ labels }: StateResource["attributes"]) =>
    Labels.safeParse(labels).data?.find((one) => one.label === PLATFORM_LABEL)?.value;
  return (
    named("docker_container", label) ??
    named("docker_network", label) ??
    named("docker_network", ({ name }) => NETWORK_NAME.exec(String(name))?.[1])
  );
}

/** Outputs may be missing after an interrupted apply, which is why containers count as well. */
function listedVolumes(outputs: DeployedPlatform["outputs"]): string[] {
  return z.array(z.string()).safeParse(outputs["data_volumes"]).data ?? [];
}

/** Volumes that containers mount and Terraform does not manage: those hold data. */
function usedVolumes(resources: readonly StateResource[]): string[] {
  const managed = resources
    .filter(({ type }) => type === "docker_volume")
    .map(({ attributes }) => attributes["name"]);
  const mounted = resources
    .filter(({ type }) => type === "docker_container")
    .flatMap(({ attributes }) => Mounts.safeParse(attributes["volumes"]).data ?? [])
    .map(({ volume_name: name }) => name ?? "");
  return sorted(mounted.filter((name) => name !== "" && !managed.includes(name)));
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

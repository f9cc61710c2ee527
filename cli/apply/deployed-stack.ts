import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Attributes, Plan } from "../terraform/planned-changes";

/** File of a synthesized stack. */
const STACK_FILE = "cdk.tf.json";

type Resource = Record<string, unknown>;

/** A synthesized stack, as far as a rollback looks. It holds references to secrets, no values. */
interface Stack {
  readonly terraform: Record<string, unknown>;
  readonly resource: Record<string, Record<string, Resource>>;
}

/** The folder of a home that keeps the stack which was last applied with success. */
function deployedFile(home: string): string {
  return join(home, "deployed", STACK_FILE);
}

/**
 * Keeps the stack that is in force now, for a rollback. Images are written down as the engine's ids: they are never built again from
 * sources that may have changed since.
 * @param folder the stack's folder
 * @param existing resources of the state
 */
export function keepDeployedStack(home: string, folder: string, existing: Plan["existing"]): void {
  const stack = readStack(join(folder, STACK_FILE));
  const ids = imageIds(existing);
  const containers = Object.entries(stack.resource["docker_container"] ?? {}).map(([name, container]) => [
    name,
    { ...container, image: String(container["image"]).replace(/^\$\{(docker_image\.[\w-]+)\.image_id\}$/, (all, address) => ids[address] ?? all) },
  ]);
  const kept = { ...stack, resource: { ...stack.resource, docker_container: Object.fromEntries(containers) } };
  const file = deployedFile(home);
  mkdirSync(join(home, "deployed"), { recursive: true, mode: 0o700 });
  chmodSync(join(home, "deployed"), 0o700);
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(kept), { mode: 0o600 });
  renameSync(temporary, file);
}

/**
 * Puts the stack that was last applied with success in the place of the one in `folder`. Backend, providers and images are those of the
 * one that is there: so nothing is built, and images that are made by now are no change.
 * @param existing resources of the state
 * @returns false when there is none
 */
export function restoreDeployedStack(home: string, folder: string, existing: Plan["existing"]): boolean {
  const file = deployedFile(home);
  if (!existsSync(file)) return false;
  const former = readStack(file);
  const current = readStack(join(folder, STACK_FILE));
  const inState = new Set(existing.map(({ address }) => address));
  const images = Object.entries(current.resource["docker_image"] ?? {})
    .filter(([name]) => inState.has(`docker_image.${name}`))
    .map(([name, image]) => [name, withoutMissing(image, inState)]);
  const containers = Object.entries(former.resource["docker_container"] ?? {}).map(([name, container]) => [
    name,
    withoutMissing(container, inState),
  ]);
  const restored = {
    ...former,
    terraform: current.terraform,
    resource: {
      ...former.resource,
      docker_image: Object.fromEntries(images),
      docker_container: Object.fromEntries(containers),
    },
  };
  writeFileSync(join(folder, STACK_FILE), JSON.stringify(restored));
  return true;
}

/** Without dependencies on images that the state does not have. */
function withoutMissing(resource: Resource, inState: ReadonlySet<string>): Resource {
  const dependencies = resource["depends_on"];
  if (!Array.isArray(dependencies)) return resource;
  const left = dependencies.filter((one) => !String(one).startsWith("docker_image.") || inState.has(String(one)));
  return { ...resource, depends_on: left };
}

function readStack(file: string): Stack {
  return JSON.parse(readFileSync(file, "utf8")) as Stack;
}

function imageIds(existing: Plan["existing"]): Record<string, string> {
  return Object.fromEntries(
    existing
      .filter(({ type }) => type === "docker_image")
      .map(({ address, attributes }) => [address, idOf(attributes)]),
  );
}

function idOf(attributes: Attributes): string {
  return String(attributes["image_id"]);
}

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { writePrivateFile } from "../private-file";
import type { Plan } from "../terraform/planned-changes";

/** File of a synthesized stack. */
const STACK_FILE = "cdk.tf.json";

type Resource = Record<string, unknown>;

/** A synthesized stack, as far as a rollback looks. It holds references to secrets, no values. */
interface Stack {
  readonly terraform: Record<string, unknown>;
  readonly resource: Record<string, Record<string, Resource>>;
  /** Credentials of the environment have an empty default; generated secrets have none. */
  readonly variable?: Record<string, { readonly default?: unknown }>;
}

/** Where a home keeps the stack that was last applied with success. */
function deployedFile(home: string): string {
  return join(home, "deployed", STACK_FILE);
}

/**
 * Keeps the stack that is in force now, for a rollback. Images are written down as the engine's ids: they are never built again from
 * sources that may have changed since.
 * @param folder the stack's folder
 * @param existing resources of the state
 * @returns variables of credentials that the stack before it declared and this one does not: nothing needs their values any more
 */
export function keepDeployedStack(home: string, folder: string, existing: Plan["existing"]): string[] {
  const file = deployedFile(home);
  const stack = readStack(join(folder, STACK_FILE));
  const former = existsSync(file) ? readStack(file) : stack;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  chmodSync(dirname(file), 0o700);
  writePrivateFile(file, JSON.stringify(withImageIds(stack, existing)));
  return Object.entries(former.variable ?? {})
    .filter(([name, variable]) => variable.default === "" && !(name in (stack.variable ?? {})))
    .map(([name]) => name);
}

/** After a `destroy` there is nothing to go back to. */
export function forgetDeployedStack(home: string): void {
  rmSync(dirname(deployedFile(home)), { recursive: true, force: true });
}

/**
 * Puts the stack that was last applied with success in the place of the one in `folder`. Backend, providers and images are those of the
 * one that is there: so nothing is built, and images that are made by now are no change.
 * @param existing resources of the state
 * @returns `none` when there is no such stack, `same` when it is the one that is there
 */
export function restoreDeployedStack(
  home: string,
  folder: string,
  existing: Plan["existing"],
): "restored" | "none" | "same" {
  const file = deployedFile(home);
  if (!existsSync(file)) return "none";
  const former = readStack(file);
  const current = readStack(join(folder, STACK_FILE));
  if (isDeepStrictEqual(managed(former), managed(withImageIds(current, existing)))) return "same";
  const inState = new Set(existing.map(({ address }) => address));
  const images = Object.entries(current.resource["docker_image"] ?? {}).filter(([name]) =>
    inState.has(`docker_image.${name}`),
  );
  const restored = {
    ...former,
    terraform: current.terraform,
    resource: {
      ...former.resource,
      docker_image: mapValues(Object.fromEntries(images), (image) => withoutMissing(image, inState)),
      docker_container: mapValues(former.resource["docker_container"] ?? {}, (one) =>
        withoutMissing(one, inState),
      ),
    },
  };
  writeFileSync(join(folder, STACK_FILE), JSON.stringify(restored));
  return "restored";
}

/** What runs by a stack: all but images, which are ids in the containers. */
function managed({ resource: { docker_image: _images, ...others } }: Stack): Stack["resource"] {
  return others;
}

function withImageIds(stack: Stack, existing: Plan["existing"]): Stack {
  const ids = new Map(
    existing
      .filter(({ type }) => type === "docker_image")
      .map(({ address, attributes }) => [`\${${address}.image_id}`, attributes["image_id"]]),
  );
  const containers = mapValues(stack.resource["docker_container"] ?? {}, (container) => ({
    ...container,
    image: ids.get(String(container["image"])) ?? container["image"],
  }));
  return { ...stack, resource: { ...stack.resource, docker_container: containers } };
}

/** Without dependencies on images that the state does not have. */
function withoutMissing(resource: Resource, inState: ReadonlySet<string>): Resource {
  const dependencies = resource["depends_on"];
  if (!Array.isArray(dependencies)) return resource;
  const left = dependencies.filter(
    (one) => !String(one).startsWith("docker_image.") || inState.has(String(one)),
  );
  return { ...resource, depends_on: left };
}

function mapValues(record: Readonly<Record<string, Resource>>, change: (value: Resource) => Resource) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function readStack(file: string): Stack {
  return JSON.parse(readFileSync(file, "utf8")) as Stack;
}

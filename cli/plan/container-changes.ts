import { canonical, isZero, shown, transition } from "./attribute-values";
import type { ChangeDetail } from "./change-summary";
import { type DeliveredFile, fileChanges } from "./delivered-files";
import { labels, type ObjectNames } from "./object-names";
import { attributes, isMarked, isSensitive, type ResourceChange } from "./plan-json";

/** What describers are given of one attribute that differs. */
interface AttributeChange {
  readonly address: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly isSecret: boolean;
  readonly names: ObjectNames;
  readonly delivered: ReadonlyMap<string, DeliveredFile>;
}

type Describe = (change: AttributeChange) => string[];

/** Attributes in the words of platform.yaml and Docker. All others are told as they are called. */
const CONTAINER_WORDS: Readonly<Record<string, Describe>> = {
  memory: ({ before, after }) => [`memory ${shown(before)} → ${shown(after)} MB`],
  cpus: ({ before, after }) => [`CPU limit ${shown(before)} → ${shown(after)}`],
  image: ({ before, after, address, names }) => {
    const old = before === null || before === undefined ? "none" : (names.before(before) ?? shown(before));
    const young = names.after(after) ?? names.referred(address, "image")[0] ?? "known when it is applied";
    return [old === young ? `image ${old} is rebuilt` : `image ${old} → ${young}`];
  },
  env: ({ before, after, isSecret, delivered }) =>
    memberChanges(environment(before), environment(after)).flatMap(({ name, was, is }) => {
      const file = delivered.get(`secret:${name}`);
      if (is === undefined && file !== undefined) {
        const isSame = file.content === undefined || file.content.trimEnd() === was;
        return [`${name} moves to the delivered files`, ...(isSame ? [] : [`value of ${name} changes`])];
      }
      const isReference = [was, is].some((value) => value?.includes("${var."));
      if (isReference && (was === undefined || is === undefined))
        return `${name} is ${is === undefined ? "no longer set" : "set (a secret)"}`;
      if (was === undefined) return isSecret ? `${name} is set` : `${name} is set: ${shown(is)}`;
      if (is === undefined) return `${name} is no longer set`;
      return isSecret ? `value of ${name} changes` : `${name}: ${transition(was, is)}`;
    }),
  upload: ({ before, after, isSecret, delivered }) => fileChanges(before, after, isSecret, delivered),
  volumes: ({ before, after }) =>
    memberChanges(mounts(before), mounts(after)).map(
      ({ name, was, is }) => `volume at ${name}: ${transition(was, is)}`,
    ),
  ports: ({ before, after }) =>
    memberChanges(ports(before), ports(after)).map(
      ({ name, was, is }) => `port ${name}: ${transition(was, is)}${reachChange(was, is)}`,
    ),
  labels: ({ before, after }) =>
    memberChanges(labels(before), labels(after)).map(({ name, was, is }) =>
      name === "sluice.baseline"
        ? "health check or memory file systems change"
        : `label ${name}: ${transition(was, is)}`,
    ),
  networks_advanced: ({ before, after, address, names }) => {
    const old = networks(before, names.before);
    const young = networks(after, names.after);
    const known = young.every((name) => name !== undefined)
      ? young
      : names.referred(address, "networks_advanced");
    const [was, is] = [old, known].map((list) =>
      list
        .map((name) => name ?? "unknown")
        .sort()
        .join(", "),
    );
    return [was === is ? `networks ${was}: reattached` : `networks ${was || "none"} → ${is || "none"}`];
  },
};

const WORDS: Readonly<Record<string, Readonly<Record<string, Describe>>>> = {
  docker_container: CONTAINER_WORDS,
  docker_image: { name: ({ before }) => [`instead of ${shown(before)}`] },
  docker_network: {
    internal: ({ after }) => [
      after === true ? "no longer has a way to the internet" : "has a way to the internet",
    ],
    ipam_config: ({ before, after }) => [`subnet ${subnets(before)} → ${subnets(after)}`],
  },
};

/** Attributes that are called otherwise by people. */
const NAMES: Readonly<Record<string, string>> = {
  upload: "files",
  env: "environment",
  networks_advanced: "networks",
  cpus: "CPU limit",
  healthcheck: "health check",
  entrypoint: "start command",
  command: "arguments of the start command",
};

/** Attributes that are read back from what the image says where nobody has set them. */
const GIVEN_BY_IMAGE = new Set(["user", "working_dir"]);

/** What an attribute of the provider is called in a line. */
export function attributeName(attribute: string): string {
  return NAMES[attribute] ?? attribute.replaceAll("_", " ");
}

/** Attributes whose words leave secrets out by themselves. */
const TOLD_WITHOUT_VALUES = new Set(["env", "upload"]);

/**
 * What changes of one object, attribute by attribute. What only follows from making it anew (ids, exit codes) is left out:
 * the effect says so.
 * @param delivered files that are delivered to the container besides its own, by kind and name
 */
export function describeAttributes(
  resource: ResourceChange,
  names: ObjectNames,
  delivered: ReadonlyMap<string, DeliveredFile>,
): ChangeDetail[] {
  const { address, type, change } = resource;
  const [before, after, unknown] = [change.before, change.after, change.after_unknown].map(attributes);
  const changed = changedAttributes(resource, names);
  const details: ChangeDetail[] = [];
  const rest = new Set(changed);
  // Equal limits mean "no swap": one matter.
  const swap = ["memory", "memory_swap"];
  if (
    type === "docker_container" &&
    swap.every((name) => rest.has(name)) &&
    after?.["memory"] === after?.["memory_swap"]
  ) {
    rest.delete("memory_swap");
  }
  // The folder that files are uploaded to is called by their names: one matter.
  const isUploadFolder =
    rest.has("upload") && withoutFolder(before?.["command"]) === withoutFolder(after?.["command"]);
  if (isUploadFolder) rest.delete("command");
  for (const attribute of rest) {
    const value: AttributeChange = {
      address,
      before: before?.[attribute],
      after: after?.[attribute],
      isSecret: isSensitive(change, attribute),
      names,
      delivered,
    };
    const words = WORDS[type]?.[attribute];
    const mayBeTold = !value.isSecret || TOLD_WITHOUT_VALUES.has(attribute);
    const texts =
      words !== undefined && mayBeTold ? words(value) : [generic(attribute, value, unknown?.[attribute])];
    const matter =
      attribute === "memory" ? swap : isUploadFolder && attribute === "upload" ? [attribute, "command"] : [];
    const covers = matter.length === 0 ? [attribute] : matter.filter((name) => changed.includes(name));
    // A difference that the words know nothing of is told all the same.
    const told = texts.length > 0 ? texts : [`${attributeName(attribute)} changes`];
    details.push(...told.map((text) => ({ attributes: covers, text })));
  }
  return details;
}

/** Attributes that differ, without those that the engine chooses when an object is replaced. */
export function changedAttributes({ address, change }: ResourceChange, names: ObjectNames): string[] {
  const [before, after, unknown] = [change.before, change.after, change.after_unknown].map(attributes);
  const isMadeAnew = change.actions.includes("create");
  const forced = new Set((change.replace_paths ?? []).map(([attribute]) => String(attribute)));
  const all = new Set([before, after, unknown].flatMap((values) => Object.keys(values ?? {})));
  return [...all].filter((attribute) => {
    if (forced.has(attribute)) return true;
    const mask = unknown?.[attribute];
    if (isMarked(mask))
      return !(isMadeAnew && mask === true && names.isConfigured(address, attribute) !== true);
    const [was, is] = [before?.[attribute], after?.[attribute]];
    // The engine's own zero values of what nobody has set.
    const isGiven = isZero(was) || GIVEN_BY_IMAGE.has(attribute);
    if (isMadeAnew && isGiven && is == null && names.isConfigured(address, attribute) === false) return false;
    return canonical(was, attribute) !== canonical(is, attribute);
  });
}

function withoutFolder(command: unknown): string {
  return canonical(command).replace(/"\.incoming-[0-9a-f]+"/, "");
}

function generic(attribute: string, { before, after, isSecret }: AttributeChange, unknown: unknown): string {
  const name = attributeName(attribute);
  if (isSecret) return `value of ${name} changes (not shown)`;
  if (isMarked(unknown)) return `${name}: ${shown(before)} → known when it is applied`;
  return `${name}: ${transition(before, after)}`;
}

function subnets(config: unknown): string {
  const found = (Array.isArray(config) ? config : []).flatMap((item) => attributes(item)["subnet"] ?? []);
  return found.map(shown).join(", ") || "chosen by Docker";
}

interface MemberChange {
  readonly name: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

function memberChanges(before: Record<string, string>, after: Record<string, string>): MemberChange[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((name) => ({ name, was: before[name], is: after[name] }))
    .filter(({ was, is }) => was !== is);
}

/** `NAME=value` lines by name. */
export function environment(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((line) => {
      const [name = "", ...rest] = String(line).split("=");
      return [name, rest.join("=")];
    }),
  );
}

/** Volumes of a container: path → name (or path of the host). */
export function mounts(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((item) => {
      const {
        container_path: path,
        volume_name: volume,
        host_path: host,
        read_only: readOnly,
      } = attributes(item);
      return [String(path), `${String(volume || host)}${readOnly === true ? " (read-only)" : ""}`];
    }),
  );
}

/** Whether an address such as `0.0.0.0:4000` is one of this machine alone. */
function isLoopback(address: string): boolean {
  return /^(?:127\.|\[?::1\]?:)/.test(address);
}

/** What it means for others that a port is published at `address`. */
export function reachOf(address: string): string {
  return isLoopback(address) ? "" : ": other machines can reach it";
}

function reachChange(was: string | undefined, is: string | undefined): string {
  if (is === undefined || (was !== undefined && isLoopback(was) === isLoopback(is))) return "";
  return isLoopback(is) ? ": only this machine can reach it" : reachOf(is);
}

function ports(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((item) => {
      const { internal, external, ip, protocol } = attributes(item);
      const port = `${String(internal)}${protocol === undefined || protocol === "tcp" ? "" : `/${String(protocol)}`}`;
      return [port, `${ip ? `${String(ip)}:` : ""}${String(external)}`];
    }),
  );
}

function networks(value: unknown, nameOf: (value: unknown) => string | undefined): (string | undefined)[] {
  return (Array.isArray(value) ? value : []).map((item) => {
    const { name } = attributes(item);
    return name === undefined || name === null ? undefined : (nameOf(name) ?? String(name));
  });
}

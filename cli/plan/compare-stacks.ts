import { canonical } from "./attribute-values";
import { attributes, type PlanJson, type PlannedChange, type ResourceChange, type Values } from "./plan-json";

/** A synthesized stack: what `cdk.tf.json` holds. */
export type StackJson = Values;

/**
 * Attributes that the docker provider (4.x) changes on the object that is there, or keeps for itself; every other one makes it
 * anew. `healthcheck`, `tmpfs` and `init` are accepted without effect, which is why a label replaces the container for them.
 */
const IN_PLACE: Readonly<Record<string, ReadonlySet<string>>> = {
  docker_container: new Set([
    "restart",
    "max_retry_count",
    "memory",
    "memory_swap",
    "cpu_shares",
    "cpu_set",
    "wait",
    "wait_timeout",
    "must_run",
    "rm",
    "attach",
    "logs",
    "start",
    "destroy_grace_seconds",
    "remove_volumes",
    "container_read_refresh_timeout_milliseconds",
    "healthcheck",
    "tmpfs",
    "init",
  ]),
  docker_image: new Set(["keep_locally", "force_remove"]),
  coderd_user: new Set(["username", "name", "roles", "password", "suspended"]),
  coderd_template: new Set([
    "name",
    "display_name",
    "description",
    "icon",
    "default_ttl_ms",
    "activity_bump_ms",
    "versions",
  ]),
};

/** What Terraform itself reads of a resource; it changes nothing that runs. */
const META = new Set(["//", "depends_on", "lifecycle", "provider", "connection", "provisioner", "timeouts"]);

/** `${docker_image.x.image_id}`; a doubled `$` is a plain text. */
const REFERENCE = /(?<!\$)\$\{([a-z][a-z0-9_]*\.[\w-]+)\.[\w.]+\}/g;

/**
 * What the step from one synthesized stack to another would do to a platform that is exactly as `base` declares it: the same
 * form as a real plan, without a state, an engine or a provider. Resources that refer to a replaced one are replaced.
 */
export function compareStacks(base: StackJson, head: StackJson): PlanJson {
  const [before, after] = [resources(base), resources(head)];
  const anew = madeAnew(before, after, triggers(head));
  const changes: ResourceChange[] = [...new Set([...before.keys(), ...after.keys()])].map((address) => ({
    address,
    mode: "managed",
    type: address.split(".")[0] ?? "",
    change: changeOf(before.get(address), after.get(address), anew.get(address)),
    ...(anew.get(address)?.size === 0 ? { action_reason: "replace_by_triggers" } : {}),
  }));
  return {
    format_version: "1.0",
    resource_changes: [...changes, ...settings(base, head)],
    output_changes: outputs(base, head),
    configuration: {
      root_module: { resources: [...after].map(([address, values]) => configured(address, values)) },
    },
  };
}

function resources(stack: StackJson): Map<string, Values> {
  const found = new Map<string, Values>();
  for (const [address, values] of allOf(stack)) {
    found.set(
      address,
      Object.fromEntries(Object.entries(values).filter(([attribute]) => !META.has(attribute))),
    );
  }
  // A name is known before anything is made: who refers to it has it as a text.
  const named = (text: string) =>
    text.replace(/(?<!\$)\$\{([a-z][a-z0-9_]*\.[\w-]+)\.name\}/g, (whole, address: string) => {
      const name = found.get(address)?.["name"];
      return typeof name === "string" ? name : whole;
    });
  return new Map([...found].map(([address, values]) => [address, attributes(mapTexts(values, named))]));
}

function allOf(stack: StackJson): [address: string, values: Values][] {
  return Object.entries(attributes(stack["resource"])).flatMap(([type, all]) =>
    Object.entries(attributes(all)).map(([name, values]): [string, Values] => [
      `${type}.${name}`,
      attributes(values),
    ]),
  );
}

/** By address what makes a resource anew when it changes in any way. */
function triggers(stack: StackJson): Map<string, string[]> {
  return new Map(
    allOf(stack).map(([address, { lifecycle }]) => {
      const list = attributes(lifecycle)["replace_triggered_by"];
      const addresses = (Array.isArray(list) ? list : []).map((one) => String(one).replace(/^\$\{|\}$/g, ""));
      return [address, addresses.map((one) => one.split(".").slice(0, 2).join("."))];
    }),
  );
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]));
}

/** By address the attributes that force replacement, its own and references to something replaced; none where a trigger does. */
function madeAnew(
  before: Map<string, Values>,
  after: Map<string, Values>,
  triggers: Map<string, string[]>,
): Map<string, Set<string>> {
  const anew = new Map<string, Set<string>>();
  const changes = (address: string) =>
    anew.has(address) || canonical(before.get(address)) !== canonical(after.get(address));
  const isNew = (address: string) => anew.has(address) || (after.has(address) && !before.has(address));
  // Until nothing more follows. References have no circles, so that is after as many rounds as the longest chain has links.
  for (let grew = true; grew; ) {
    grew = false;
    for (const [address, values] of after) {
      const old = before.get(address);
      if (old === undefined) continue;
      const inPlace = IN_PLACE[address.split(".")[0] ?? ""];
      const forcing = new Set(
        [...new Set([...Object.keys(old), ...Object.keys(values)])].filter((attribute) => {
          const isChanged =
            canonical(old[attribute], attribute) !== canonical(values[attribute], attribute) ||
            referred(values[attribute]).some(isNew);
          return isChanged && inPlace?.has(attribute) !== true;
        }),
      );
      const isTriggered = triggers.get(address)?.some(changes) === true;
      const known = anew.get(address);
      if (known === undefined ? forcing.size === 0 && !isTriggered : known.size === forcing.size) continue;
      anew.set(address, forcing);
      grew = true;
    }
  }
  return anew;
}

function changeOf(
  before: Values | undefined,
  after: Values | undefined,
  anew: Set<string> | undefined,
): PlannedChange {
  if (before === undefined) return { actions: ["create"], before: null, after: after ?? null };
  if (after === undefined) return { actions: ["delete"], before, after: null };
  if (anew !== undefined) {
    const paths = [...anew].map((attribute) => [attribute]);
    return { actions: ["delete", "create"], before, after, replace_paths: paths };
  }
  return { actions: [canonical(before) === canonical(after) ? "no-op" : "update"], before, after };
}

/** Everything of a stack that is neither a resource nor an output: state, providers, variables, data sources. */
function settings(base: StackJson, head: StackJson): ResourceChange[] {
  const [before, after] = [flatSettings(base), flatSettings(head)];
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((address) => {
    const [old, young] = [before.get(address), after.get(address)];
    if (canonical(old) === canonical(young)) return [];
    const actions = [old === undefined ? "create" : young === undefined ? "delete" : "update"];
    return [{ address, type: "setting", change: { actions, before: old ?? null, after: young ?? null } }];
  });
}

function flatSettings(stack: StackJson): Map<string, Values> {
  const found = new Map<string, Values>();
  for (const [section, members] of Object.entries(stack)) {
    if (section === "resource" || section === "output" || section === "//") continue;
    for (const [name, value] of Object.entries(attributes(members))) {
      found.set(`${section}.${name}`, Array.isArray(value) ? { [name]: value } : attributes(value));
    }
  }
  return found;
}

function outputs(base: StackJson, head: StackJson): Record<string, PlannedChange> {
  const [before, after] = [base, head].map((stack) => attributes(stack["output"]));
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return Object.fromEntries(
    [...names].map((name) => {
      const [old, young] = [before, after].map((side) => attributes(side?.[name]));
      const hidden = { before_sensitive: old?.["sensitive"], after_sensitive: young?.["sensitive"] };
      const [was, is] = [old?.["value"] ?? null, young?.["value"] ?? null];
      const actions = [
        canonical(was) === canonical(is)
          ? "no-op"
          : was === null
            ? "create"
            : is === null
              ? "delete"
              : "update",
      ];
      return [name, { actions, before: was, after: is, ...hidden }];
    }),
  );
}

function configured(address: string, values: Values) {
  const expressions = Object.entries(values).map(([attribute, value]) => [
    attribute,
    { references: referred(value) },
  ]);
  return { address, expressions: Object.fromEntries(expressions) as Values };
}

/** Addresses that a value refers to. */
function referred(value: unknown): string[] {
  return [...JSON.stringify(value ?? null).matchAll(REFERENCE)].map((match) => match[1] ?? "");
}

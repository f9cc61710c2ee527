import { PLATFORM_LABEL } from "../../constructs/engine-names";
import { attributes, type PlanJson, type ResourceChange, type Values } from "./plan-json";

/** Names for what a plan only gives as an id or as a reference. */
export interface ObjectNames {
  /** The name behind an id of the engine or a reference, such as `${docker_network.x.id}`; undefined when it is unknown. */
  readonly before: (value: unknown) => string | undefined;
  readonly after: (value: unknown) => string | undefined;
  /** Name of what `attribute` of the object at `address` refers to in the new configuration. */
  readonly referred: (address: string, attribute: string) => string[];
  /** Is this attribute written in the configuration? undefined when the plan does not say. */
  readonly isConfigured: (address: string, attribute: string) => boolean | undefined;
}

const REFERENCE = /(?<!\$)\$\{([a-z_]+\.[\w-]+)\.\w+\}/g;

/** Collects the names of images and networks of a plan, on both of its sides. */
export function objectNames(plan: PlanJson): ObjectNames {
  const [before, after] = [new Map<string, string>(), new Map<string, string>()];
  const learn = (names: Map<string, string>, address: string, { name, id, image_id }: Values) => {
    if (typeof name !== "string") return;
    for (const key of [address, id, image_id]) if (typeof key === "string") names.set(key, name);
  };
  for (const { address, values = {} } of plan.prior_state?.values?.root_module?.resources ?? []) {
    learn(before, address, values);
    learn(after, address, values);
  }
  for (const { address, change } of plan.resource_changes ?? []) {
    learn(before, address, attributes(change.before));
    learn(after, address, attributes(change.after));
  }
  const expressions = new Map(
    (plan.configuration?.root_module?.resources ?? []).map((resource) => [
      resource.address,
      resource.expressions ?? {},
    ]),
  );
  const look = (names: Map<string, string>) => (value: unknown) => {
    const text = String(value);
    return names.get(text) ?? names.get([...text.matchAll(REFERENCE)][0]?.[1] ?? "");
  };
  return {
    before: look(before),
    after: look(after),
    referred: (address, attribute) =>
      [...new Set(references(expressions.get(address)?.[attribute]))].flatMap(
        (found) => after.get(found) ?? [],
      ),
    isConfigured: (address, attribute) => {
      const known = expressions.get(address);
      if (known === undefined) return undefined;
      // An empty list is written and says nothing: the engine chooses.
      return attribute in known && !isEmptyList(known[attribute]);
    },
  };
}

function isEmptyList(expression: unknown): boolean {
  const { constant_value: constant } = attributes(expression);
  return Array.isArray(constant) && constant.length === 0;
}

function references(expression: unknown): string[] {
  if (typeof expression !== "object" || expression === null) return [];
  if (Array.isArray(expression)) return expression.flatMap(references);
  return Object.entries(expression).flatMap(([member, value]) =>
    member === "references" && Array.isArray(value) ? value.map(String) : references(value),
  );
}

/** The name of a container without the platform's: `sluice-gateway` → `gateway`. */
export function containerService(change: ResourceChange["change"]): string | undefined {
  const values = [change.after, change.before].map(attributes).find(({ name }) => typeof name === "string");
  if (values === undefined) return undefined;
  const prefix = labels(values["labels"])[PLATFORM_LABEL];
  const name = String(values["name"]);
  return prefix !== undefined && name.startsWith(`${prefix}-`) ? name.slice(prefix.length + 1) : name;
}

/** The labels of a container by name. */
export function labels(value: unknown): Record<string, string> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((item) => [String(attributes(item)["label"]), String(attributes(item)["value"])]),
  );
}

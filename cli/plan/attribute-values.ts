/** Values that a provider does not tell from "not set". */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** What a provider writes into the state for what nobody has set. */
export function isZero(value: unknown): boolean {
  return isEmpty(value) || value === false || value === 0;
}

/** Attributes whose elements have no order. */
const SETS = new Set([
  "env",
  "upload",
  "volumes",
  "networks_advanced",
  "labels",
  "ports",
  "host",
  "add",
  "drop",
]);

/** A text that is equal for equal values: without what is not set, sets and members in order. */
export function canonical(value: unknown, attribute = ""): string {
  if (isEmpty(value)) return "null";
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item));
    return `[${(SETS.has(attribute) ? items.sort() : items).join(",")}]`;
  }
  if (typeof value === "object") {
    const members = Object.entries(value as object)
      .filter(([, member]) => !isZero(member))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member, name)}`);
    return `{${members.sort().join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Longest value that stands in a line, in characters. */
const MAX_VALUE = 120;
/** What stands around the first difference of two values that are longer, in characters. */
const CONTEXT = 30;
/** Most members of one value that are told; the others are counted. */
const MAX_MEMBERS = 8;

/** A value for a line. */
export function shown(value: unknown): string {
  const line = inOneLine(value);
  return line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE - 1)}…` : line;
}

function inOneLine(value: unknown): string {
  if (isEmpty(value)) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A reference of a synthesized stack to a variable; a plan has the value there.
  return text.replace(/\s*\n\s*/g, " ⏎ ").replace(/(?<!\$)\$\{var\.([\w-]+)\}/g, "(secret $1)");
}

/**
 * `before → after`; of maps and lists, also as JSON, only the members that differ, of texts with several lines only the lines that
 * do as far as they are few. Both sides never read the same.
 */
export function transition(before: unknown, after: unknown): string {
  if (isEmpty(before)) return `${shown(after)} (was not set)`;
  if (isEmpty(after)) return `no longer set (was ${shown(before)})`;
  const [old, young] = [structureOf(before), structureOf(after)];
  if (old !== undefined && young !== undefined) return memberTransition(old, young);
  if (typeof before === "string" && typeof after === "string" && /\n/.test(before + after)) {
    return lineTransition(before, after);
  }
  return aroundDifference(before, after);
}

/** A member that differs, by its path, such as `healthcheck.interval`. */
export interface Leaf {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The members that differ. Lists of equally many maps are compared map by map, other lists are taken as one value. */
export function leaves(before: unknown, after: unknown, path = ""): Leaf[] {
  if (canonical(before) === canonical(after)) return [];
  const below = (member: string) => (path === "" ? member : `${path}.${member}`);
  if (isMap(before) && isMap(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((member) =>
      leaves(before[member], after[member], below(member)),
    );
  }
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    if ([...before, ...after].every(isMap)) {
      return before.flatMap((item, at) =>
        leaves(item, after[at], before.length === 1 ? path : below(String(at + 1))),
      );
    }
  }
  return [{ path, before, after }];
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map or list, also one that is written as JSON. */
function structureOf(value: unknown): object | undefined {
  if (typeof value === "object" && value !== null) return value;
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return undefined;
  try {
    return JSON.parse(value) as object;
  } catch {
    return undefined;
  }
}

function memberTransition(before: object, after: object): string {
  const changed = leaves(before, after);
  if (changed.length === 0) return "says the same in other words";
  const texts = changed.slice(0, MAX_MEMBERS).map((leaf) => {
    const text =
      Array.isArray(leaf.before) && Array.isArray(leaf.after)
        ? itemTransition(leaf.before, leaf.after)
        : // What has no path is the value itself, of two kinds.
          leaf.path === ""
          ? aroundDifference(leaf.before, leaf.after)
          : transition(leaf.before, leaf.after);
    return leaf.path === "" ? text : `${leaf.path} ${text}`;
  });
  const more = changed.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${counted(more, "more change")}`] : [])].join(", ");
}

/** A line that differs, or how many do. */
function lineTransition(before: string, after: string): string {
  const [old, young] = [before.split("\n"), after.split("\n")];
  const [gone, come] = [without(old, young), without(young, old)];
  if (gone.length === 1 && come.length === 1) return aroundDifference(gone[0], come[0]);
  return gone.length + come.length === 0 ? "lines in another order" : countedLines(before, after);
}

/** How many lines of a text differ. */
export function countedLines(before: string, after: string): string {
  const [old, young] = [before.split("\n"), after.split("\n")];
  return `${counted(without(young, old).length, "line")} added, ${without(old, young).length} removed`;
}

function itemTransition(before: readonly unknown[], after: readonly unknown[]): string {
  const [gone, come] = [without(before, after), without(after, before)];
  const [old, young] = [gone[0], come[0]];
  if (gone.length === 1 && come.length === 1) return transition(old, young);
  if (gone.length + come.length === 0) return aroundDifference(before, after);
  const parts = [
    ...(gone.length === 0 ? [] : [`without ${gone.map(inOneLine).join(", ")}`]),
    ...(come.length === 0 ? [] : [`with ${come.map(inOneLine).join(", ")}`]),
  ].join(", ");
  return parts.length <= MAX_VALUE ? parts : `${come.length} added, ${gone.length} removed`;
}

/** Both values, or of long ones what stands around the place where they begin to differ. */
function aroundDifference(before: unknown, after: unknown): string {
  const [old, young] = [inOneLine(before), inOneLine(after)];
  if (old.length <= MAX_VALUE && young.length <= MAX_VALUE) return `${old} → ${young}`;
  const shorter = Math.min(old.length, young.length);
  let first = 0;
  while (first < shorter && old[first] === young[first]) first += 1;
  let same = 0;
  while (same < shorter - first && old.at(-1 - same) === young.at(-1 - same)) same += 1;
  const start = Math.max(0, first - CONTEXT);
  const part = (text: string) => {
    const end = Math.min(text.length, text.length - same + CONTEXT, start + MAX_VALUE);
    return `${start > 0 ? "…" : ""}${text.slice(start, end)}${end < text.length ? "…" : ""}`;
  };
  return `${part(old)} → ${part(young)}`;
}

/** `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What is in a list and not in another, each as often as there is more of it. */
function without(items: readonly unknown[], others: readonly unknown[]): unknown[] {
  const left = others.map((item) => canonical(item));
  return items.filter((item) => {
    const at = left.indexOf(canonical(item));
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

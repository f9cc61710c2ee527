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

/** A value for a line. */
export function shown(value: unknown): string {
  if (isEmpty(value)) return "none";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // A reference of a synthesized stack to a variable; a plan has the value there.
  const line = text.replace(/\s*\n\s*/g, " ⏎ ").replace(/(?<!\$)\$\{var\.([\w-]+)\}/g, "(secret $1)");
  return line.length > MAX_VALUE ? `${line.slice(0, MAX_VALUE - 1)}…` : line;
}

/** `before → after`; of texts with several lines only the lines that differ, as far as they are few. */
export function transition(before: unknown, after: unknown): string {
  const [old, young] = [textOf(before), textOf(after)];
  if (old === undefined || young === undefined || !/\n/.test(old + young)) {
    return isEmpty(before) || isEmpty(after) ? lone(before, after) : `${shown(before)} → ${shown(after)}`;
  }
  const [oldLines, youngLines] = [old.split("\n"), young.split("\n")];
  const gone = without(oldLines, youngLines);
  const come = without(youngLines, oldLines);
  if (gone.length === 1 && come.length === 1) return `${shown(gone[0])} → ${shown(come[0])}`;
  return `${counted(come.length, "line")} added, ${gone.length} removed`;
}

/** `1 line`, `2 lines`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function lone(before: unknown, after: unknown): string {
  return isEmpty(before) ? `${shown(after)} (was not set)` : `no longer set (was ${shown(before)})`;
}

/** The text of a string, or of a list of strings such as a command. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? value.join("\n")
    : undefined;
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at === -1) return true;
    left.splice(at, 1);
    return false;
  });
}

import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from "yaml";
import { Aliases, type SourceFault } from "./aliases";
import type { ConfigPath } from "./config-path";
import type { Fault } from "./finding";
import { firstUnprintable } from "./printable";
import { looksLikeSecret } from "./secret-shape";

/** A platform has about six levels. */
const MAX_DEPTH = 50;

/** Where a key and its value stand, in characters. */
interface Place {
  readonly key: number;
  readonly value: number;
}

/** The text of a configuration file: as data, and where each part of it is written. */
export class YamlSource {
  readonly #lines = new LineCounter();
  readonly #places = new Map<string, Place>();
  /** What is wrong with the text; `data` means nothing then. */
  readonly faults: SourceFault[] = [];
  /** Values that look like credentials. */
  readonly secrets: { readonly offset: number; readonly path: ConfigPath }[] = [];
  /** Keys and values that no setting may have, whatever it is. */
  readonly unfit: (SourceFault & { readonly path: ConfigPath })[] = [];
  readonly data: unknown;

  /** @param text without a byte order mark; its size is bounded by the caller */
  constructor(text: string) {
    this.#lines.addNewLine(0);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
      this.#lines.addNewLine(at + 1);
    const unmerged = UNMERGED.exec(text)?.index;
    const deep = tooDeep(text);
    try {
      // What the parser says of such a file speaks of everything but its cause.
      if (unmerged !== undefined) this.#refuse(unmerged, MERGE_IT);
      else if (deep === undefined) this.data = this.#read(text);
      else this.#refuse(deep, TOO_DEEP);
    } catch (error) {
      // Whoever walks a tree calls himself for each level.
      if (!(error instanceof RangeError)) throw error;
      this.#refuse(0, TOO_DEEP);
    }
  }

  #read(text: string): unknown {
    // Equal keys are found below, all at once and with the line of the first.
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false });
    for (const error of [...document.errors, ...document.warnings])
      this.#refuse(error.pos[0], inWords(error));
    const { yaml } = document.directives ?? {};
    if (yaml?.explicit && yaml.version !== "1.2") {
      this.#refuse(Math.max(0, text.indexOf("%YAML")), {
        problem: `says %YAML ${yaml.version}`,
        allowed: "YAML 1.2, in which on and 0123 mean something else",
        remedy: "remove the line",
      });
    }
    if (this.faults.length > 0) return undefined;
    const aliases = new Aliases(document);
    this.faults.push(...aliases.faults);
    if (this.faults.length > 0) return undefined;
    this.#index(aliases, document.contents, [], 0);
    return this.faults.length > 0 ? undefined : document.toJS({ maxAliasCount: -1 });
  }

  /** Line and column of a place, both from 1. */
  position(offset: number): { readonly line: number; readonly column: number } {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  /** Is there a value at `path`? */
  has(path: ConfigPath): boolean {
    return this.#places.has(JSON.stringify(path));
  }

  /** Where the value at `path` is written, or what encloses it; with `key`, where that key in it is. */
  offsetOf(path: ConfigPath, key?: string): number {
    const keyed = key === undefined ? undefined : this.#places.get(JSON.stringify([...path, key]));
    if (keyed !== undefined) return keyed.key;
    for (let length = path.length; length >= 0; length -= 1) {
      const place = this.#places.get(JSON.stringify(path.slice(0, length)));
      if (place !== undefined) return place.value;
    }
    return 0;
  }

  #refuse(offset: number, fault: Fault, path?: ConfigPath): void {
    this.faults.push({ offset, ...fault, ...(path && { path }) });
  }

  /** Notes where everything is. Aliases lead to where their value is written. */
  #index(aliases: Aliases, written: unknown, path: ConfigPath, key: number): void {
    const node = isAlias(written) ? aliases.targetOf(written) : written;
    const start = isNode(node) ? (node.range?.[0] ?? key) : key;
    // An empty value has its place behind the line's end, or on the next one: point to its key.
    const value = isScalar(node) && node.value === null && node.source === "" ? key : start;
    this.#places.set(JSON.stringify(path), { key, value });
    if (isScalar(node)) this.#checkScalar(node.value, node.source, value, path, isAlias(written));
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) this.#index(aliases, item, [...path, index], start);
    }
    if (!isMap(node)) return;
    const lines = new Map<string, number>();
    for (const pair of node.items) {
      const at = isNode(pair.key) ? (pair.key.range?.[0] ?? start) : start;
      if (!isScalar(pair.key)) {
        this.#refuse(at, {
          problem: "is not a plain key",
          allowed: "keys that are text",
          remedy: "write it as `key: value`",
        });
        continue;
      }
      const name = String(pair.key.value);
      const here = [...path, name];
      const first = lines.get(name);
      if (first !== undefined && !isAlias(written)) {
        const problem = `is set twice, first in line ${this.position(first).line}`;
        this.#refuse(at, { problem, allowed: "each key once", remedy: "remove one of the two" }, here);
      }
      lines.set(name, at);
      if (Object.hasOwn(Object.prototype, name)) {
        this.#refuse(at, OF_EVERY_OBJECT, here);
        continue;
      }
      if (!isAlias(written)) this.#checkText(name, at, here);
      if (looksLikeSecret(name)) this.secrets.push({ offset: at, path });
      this.#index(aliases, pair.value, here, at);
    }
  }

  /** Terraform would read an expression, which may be a secret's; what cannot be seen misleads whoever reads the file, a plan or a log. */
  #checkText(text: string, offset: number, path: ConfigPath): void {
    const [begin] = /[$%]\{/.exec(text) ?? [];
    const unprintable = firstUnprintable(text);
    if (begin !== undefined) {
      this.unfit.push({
        offset,
        path,
        problem: `has ${begin}, but nothing is filled in here, neither variables nor Terraform's expressions`,
        allowed: "plain text",
        remedy: "write out what is meant",
      });
    } else if (unprintable !== undefined) {
      this.unfit.push({
        offset,
        path,
        problem: `has an invisible character, ${unprintable}`,
        allowed: "printable text in one line",
        remedy: "remove it",
      });
    }
  }

  #checkScalar(
    value: unknown,
    source: string | undefined,
    offset: number,
    path: ConfigPath,
    isAgain: boolean,
  ) {
    if (isAgain) return;
    if (typeof value === "string") {
      if (looksLikeSecret(value)) this.secrets.push({ offset, path });
      this.#checkText(value, offset, path);
    }
    if (typeof value === "number" && source !== undefined && /^[-+]?0\d/.test(source)) {
      const problem = "has leading zeros, which some programs read as an octal number";
      this.#refuse(offset, { problem, value: source, remedy: `write ${value}` }, path);
    }
  }
}

/** What git leaves of two versions, at the beginning of a line. */
const UNMERGED = /^(?:[<>|]{7}(?: .*)?|={7})\r?$/m;

const MERGE_IT: Fault = {
  problem: "has unresolved merge conflict markers",
  allowed: "one version of each line",
  remedy:
    "keep what is meant between the lines with <<<<<<< and >>>>>>>, then remove those and the one with =======",
};

const OF_EVERY_OBJECT: Fault = {
  problem: "is a reserved name in JavaScript",
  allowed: "any other",
  remedy: "choose another name, or remove it",
};

const TOO_DEEP: Fault = {
  problem: "is nested too deeply",
  allowed: "six levels or so",
  remedy: "compare with platform.example.yaml",
};

/** Where a text is nested deeper than any platform; quotes and comments aside, which hold no brackets by the dozen. */
function tooDeep(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
    else if (character === "\n" && /[A-Za-z]/.test(text[at + 1] ?? "")) depth = 0;
    if (depth > MAX_DEPTH) return at;
  }
  const dashes = new RegExp(`(?:[-?][ \\t]+){${MAX_DEPTH}}`).exec(text);
  return dashes?.index;
}

/** What the parser's own findings are called here. */
function inWords({ code, message }: YAMLError): Fault {
  switch (code) {
    case "MULTIPLE_DOCS":
      return {
        problem: "a second document starts here",
        allowed: "one document in a file",
        remedy:
          "remove this line and all below it, or keep them in a file of their own and name that with SLUICE_CONFIG",
      };
    case "TAB_AS_INDENT":
      return {
        problem: "is indented with a tab",
        allowed: "spaces",
        remedy: "replace each tab by two spaces",
      };
    case "BAD_ALIAS":
      return {
        problem: "refers to an anchor that is not set before it",
        remedy: "correct its name, or write the value out",
      };
    case "TAG_RESOLVE_FAILED":
      return {
        problem: "has a tag, which means nothing here",
        remedy: "remove the word with the exclamation mark",
      };
    default: {
      const said = looksLikeSecret(message) ? "what is written here is not" : message.split("\n")[0];
      return {
        problem: `is not valid YAML: ${said}`,
        remedy: "correct this line or the one above it, platform.example.yaml shows the form",
      };
    }
  }
}

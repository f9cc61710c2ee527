import { type Alias, type Document, isAlias, isMap, isNode, isPair, isSeq, type Node, visit } from "yaml";
import type { ConfigPath } from "./config-path";
import type { Fault } from "./finding";

/** Values of a file with all its aliases expanded; a platform has some thousands at most. */
const MAX_VALUES = 100_000;

/** Something wrong with the text itself. */
export interface SourceFault extends Fault {
  /** Place in the text, in characters. */
  readonly offset: number;
  /** The setting, where it is one. */
  readonly path?: ConfigPath;
}

/** The aliases of a file (`*name`) and what they stand for, found in time that grows with the text, not with what they make of it. */
export class Aliases {
  /** Aliases that must not be expanded. */
  readonly faults: SourceFault[] = [];
  readonly #targets = new Map<Alias, Node>();
  readonly #sizes = new Map<unknown, number>();
  readonly #open = new Set<unknown>();

  constructor(document: Document) {
    const anchors = new Map<string, Node>();
    visit(document, (_key, node) => {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target !== undefined) this.#targets.set(node, target);
        else this.#refuse(node, "has no anchor above it", "correct its name, or write the value out");
      } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    });
    if (this.faults.length > 0 || this.#sizeOf(document.contents) <= MAX_VALUES || this.faults.length > 0)
      return;
    this.faults.push({ offset: this.#firstOfTooMany(document), ...TOO_MANY });
  }

  /** What an alias stands for. */
  targetOf(alias: Alias): Node | undefined {
    return this.#targets.get(alias);
  }

  #refuse(alias: Alias, what: string, remedy: string): void {
    this.faults.push({ offset: alias.range?.[0] ?? 0, problem: `*${alias.source} ${what}`, remedy });
  }

  /** Values that a node makes, saturated just above the limit. */
  #sizeOf(node: unknown): number {
    if (isPair(node)) return this.#sizeOf(node.key) + this.#sizeOf(node.value);
    if (isAlias(node)) {
      const target = this.#targets.get(node);
      if (target === undefined || !this.#open.has(target)) return this.#sizeOf(target);
      this.#refuse(node, "refers to a value that contains it", "write out what is meant");
      return 1;
    }
    if (!isMap(node) && !isSeq(node)) return 1;
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    this.#open.add(node);
    let size = 1;
    for (const item of node.items as unknown[]) size = Math.min(size + this.#sizeOf(item), MAX_VALUES + 1);
    this.#open.delete(node);
    this.#sizes.set(node, size);
    return size;
  }

  /** Where the file, read from its beginning, has more values than it may. */
  #firstOfTooMany(document: Document): number {
    let values = 0;
    let offset = 0;
    visit(document, {
      Node: (_key, node) => {
        values += isAlias(node) ? this.#sizeOf(node) : 1;
        if (values <= MAX_VALUES) return undefined;
        offset = node.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    return offset;
  }
}

const TOO_MANY: Fault = {
  problem: `makes more than ${MAX_VALUES} values of this file`,
  allowed: "a platform has some hundreds",
  remedy: "write out what is meant, without aliases of aliases",
};

import type { JsonObject } from "../../json/json-value";
import { isEmpty, printableName } from "./sort-params";

/** Most names that are kept of one request: a header holds fewer. */
const MAX_NAMES = 32;

/** Names of what a request loses on its way to a provider, each once. They are told, and never a reason to refuse. */
export class DroppedMembers {
  readonly #names = new Set<string>();

  get names(): readonly string[] {
    return this.#names.size === 0 ? NONE : [...this.#names];
  }

  /** @param name such as `messages.name`: without places in lists, so that a long conversation has few */
  add(name: string): void {
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
  }

  /**
   * Adds the members of an object that nobody reads, as `<prefix>.<member>`. Empty ones mean nothing.
   * @param read members that are read, or that mean nothing outside the client's own API
   */
  addOthers(owner: JsonObject, read: ReadonlySet<string>, prefix: string): void {
    for (const name of Object.keys(owner)) {
      if (!read.has(name) && !isEmpty(owner[name])) this.add(`${prefix}.${printableName(name)}`);
    }
  }
}

const NONE: readonly string[] = [];
